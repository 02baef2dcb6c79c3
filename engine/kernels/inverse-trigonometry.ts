/**
 * atan and atan2, asin and acos. With z = t^2, on |t| <= 1/2:
 *   atan t = t + t z A(z),  12 coefficients, relative error below 2^-56.7;
 *   asin t = t + t z B(z),  13 coefficients, relative error below 2^-58.8.
 */
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { type Expression, F, f64, I, i32, i64, L, type Local, select } from "../wasm/instructions.ts";
import type { Kernel } from "./kernel.ts";
import { splitPolynomial } from "./polynomial.ts";

const arcTangent = [
  -0.3333333333333298, 0.19999999999903106, -0.1428571427638527, 0.11111110659593851, -0.09090896243288812, 0.07692073886609295,
  -0.06663810363440426, 0.05858297638228507, -0.05122003623910366, 0.041865118204271815, -0.027435333900868025, 0.010117323748874838,
] as const;
const arcSine = [
  0.1666666666666676, 0.07499999999970865, 0.044642857174563004, 0.030381942709740182, 0.02237221494003996, 0.017351612805649497,
  0.013980810705360953, 0.01139900622914689, 0.010779584738261346, 0.003709719680829529, 0.02169688918782635, -0.020979862750175396,
  0.03261360386751829,
] as const;
/** pi/4 in two parts; the first, whose last three bits are 0, is exact times 4 or less. */
const quarterPi = [0.7853981633974483, 3.061616997868383e-17] as const;
const halfPi = [1.5707963267948966, 6.123233995736766e-17] as const;

/** t z P(z), P given by its coefficients. */
function beyondFirst(f: FunctionBuilder, t: Expression, z: Expression, coefficients: readonly number[]): Expression {
  const square = f.keep(F.mul(z, z));
  return F.mul(F.mul(t, z), splitPolynomial(f, z, square, coefficients));
}

/** Two numbers >= 0 by size, NaN counting as the largest; as integers, because `min` and `max` have branches in V8. */
function inOrder(f: FunctionBuilder, a: Expression, b: Expression): { readonly small: Local; readonly large: Local } {
  const bits = f.keep(L.fromBits(a));
  const others = f.keep(L.fromBits(b));
  const difference = f.keep(L.sub(bits, others));
  const shift = f.keep(L.and(difference, L.shrS(difference, i64(63n))));
  return { small: f.variable(F.fromBits(L.add(others, shift))), large: f.variable(F.fromBits(L.sub(bits, shift))) };
}

/**
 * The angle, 0 to pi, of a point in the upper half plane: `small` and `large` are the smaller and larger of its distances from
 * the axes (`large` between 2^-1000 and 2^1000), `steep` (i32) says that the larger is the vertical, `left` (i32) that it lies left.
 *
 * An angle above atan 1/2 is measured from pi/4; k quarters of pi and the direction from there follow without a branch, and
 * the arc is added to k pi/4 last.
 */
function angleOf(f: FunctionBuilder, small: Expression, large: Expression, steep: Expression, left: Expression): Expression {
  const diagonal = f.keep(F.ge(small, F.mul(large, f64(0.5))));
  const once = f.keep(F.fromI32(diagonal));
  const t = F.div(F.sub(small, F.mul(once, large)), F.add(large, F.mul(once, small)));
  // k, then 2 - k where steep, then 4 - k where left.
  const mirrored = f.keep(I.add(I.xor(diagonal, I.sub(i32(0), steep)), I.mul(steep, i32(3))));
  const k = f.keep(F.fromI32(I.add(I.xor(mirrored, I.sub(i32(0), left)), I.mul(left, i32(5)))));
  const sign = L.shl(L.fromI32(I.xor(steep, left)), i64(63n));
  const arc = f.keep(F.fromBits(L.xor(L.fromBits(t), sign)));
  const z = f.keep(F.mul(arc, arc));
  const tail = F.add(beyondFirst(f, arc, z, arcTangent), F.mul(k, f64(quarterPi[1])));
  return F.add(F.mul(k, f64(quarterPi[0])), F.add(arc, tail));
}

export const atan: Kernel = {
  name: "atan",
  params: 1,
  inline: false,
  build(f, [x]) {
    // From 2^60 on the angle is pi/2 rounded.
    const size = f.variable(F.abs(x));
    f.if(F.gt(size, f64(2 ** 60)), () => f.set(size, f64(2 ** 60)));
    const { small, large } = inOrder(f, size, f64(1));
    return F.copysign(angleOf(f, small, large, f.keep(F.gt(size, f64(1))), i32(0)), x);
  },
};

export const atan2: Kernel = {
  name: "atan2",
  params: 2,
  inline: false,
  build(f, [y, x]) {
    const height = f.keep(F.abs(y));
    const width = f.keep(F.abs(x));
    const steep = f.keep(F.gt(height, width));
    const left = f.keep(L.lt(L.fromBits(x), i64(0n)));
    const { small, large } = inOrder(f, height, width);
    f.if(I.eqz(I.and(F.gt(large, f64(2 ** -1000)), F.lt(large, f64(2 ** 1000)))), () => {
      const scale = f.keep(select(F.lt(large, f64(1)), f64(2 ** 100), f64(2 ** -100)));
      f.set(small, F.mul(small, scale));
      f.set(large, F.mul(large, scale));
      f.if(F.eq(large, f64(Number.POSITIVE_INFINITY)), () => {
        f.set(small, F.fromI32(F.eq(small, large)));
        f.set(large, f64(1));
      });
      f.if(F.eq(large, f64(0)), () => f.set(large, f64(1)));
    });
    return F.copysign(angleOf(f, small, large, steep, left), y);
  },
};

/** Beyond 1/2, asin x = pi/2 - 2 asin s with s^2 = (1 - x) / 2, which is exact; below, s is x itself. */
export const asin: Kernel = {
  name: "asin",
  params: 1,
  inline: false,
  build(f, [x]) {
    const size = f.keep(F.abs(x));
    f.if(F.lt(size, f64(0.5)), () => f.return(F.add(x, beyondFirst(f, x, f.keep(F.mul(x, x)), arcSine))));
    const z = f.keep(F.mul(F.sub(f64(1), size), f64(0.5)));
    const s = f.keep(F.sqrt(z));
    const tail = F.sub(F.mul(f64(2), beyondFirst(f, s, z, arcSine)), f64(halfPi[1]));
    return F.copysign(F.sub(f64(halfPi[0]), F.add(F.mul(f64(2), s), tail)), x);
  },
};

export const acos: Kernel = {
  name: "acos",
  params: 1,
  inline: false,
  build(f, [x]) {
    f.if(F.lt(F.abs(x), f64(0.5)), () => {
      const arc = beyondFirst(f, x, f.keep(F.mul(x, x)), arcSine);
      f.return(F.sub(f64(halfPi[0]), F.sub(x, F.sub(f64(halfPi[1]), arc))));
    });
    const z = f.keep(F.mul(F.sub(f64(1), F.abs(x)), f64(0.5)));
    const s = f.keep(F.sqrt(z));
    const tail = f.keep(beyondFirst(f, s, z, arcSine));
    f.if(F.gt(x, f64(0)), () => f.return(F.mul(f64(2), F.add(s, tail))));
    return F.mul(f64(2), F.sub(f64(halfPi[0]), F.add(s, F.sub(tail, f64(halfPi[1])))));
  },
};
