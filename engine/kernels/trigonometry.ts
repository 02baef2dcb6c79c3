/**
 * Sine, cosine, tangent. On |r| <= pi/4, with z = r^2:
 *   sin r = r - r z S(z),  6 coefficients, relative error below 2^-57.8;
 *   cos r = 1 - z/2 + z^2 C(z),  6 coefficients, relative error below 2^-63.6.
 * The quadrant then picks between the two and sets the sign by bit operations: for angles at random a branch (which a float64
 * `select` is in V8) costs more than both polynomials.
 */
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { type Expression, F, f64, i64, L } from "../wasm/instructions.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import type { Kernel } from "./kernel.ts";
import { polynomial } from "./polynomial.ts";
import { type ReducedAngle, reduceAngle, signByQuadrant } from "./reduce-angle.ts";

const sine = [
  0.1666666666666663, -0.008333333333321842, 0.0001984126982936079, -2.7557313539591643e-6, 2.5050734603127797e-8, -1.5895448241428702e-10,
] as const;
const cosine = [
  0.041666666666666595, -0.0013888888888873342, 2.4801587289001995e-5, -2.7557314216976953e-7, 2.0875705380900966e-9,
  -1.1358747749544956e-11,
] as const;

/** The corrections of the leading terms: sin r = r - bySine, cos r = 1 - byCosine. */
function corrections(
  f: FunctionBuilder,
  { remainder: r, excess }: ReducedAngle,
): { readonly bySine: Expression; readonly byCosine: Expression } {
  const z = f.keep(F.mul(r, r));
  const tail = F.add(F.mul(F.mul(z, z), polynomial(z, cosine)), F.mul(r, excess));
  return {
    bySine: F.add(excess, F.mul(F.mul(r, z), polynomial(z, sine))),
    byCosine: F.sub(F.mul(z, f64(0.5)), tail),
  };
}

interface Quarter {
  readonly quadrant: Expression;
  /** Bits (i64) of the sine and of the cosine of the remainder. */
  readonly sine: Expression;
  readonly cosine: Expression;
  /** The bits in which the two differ if the quadrant is odd, else 0. */
  readonly swap: Expression;
}

function quarter(f: FunctionBuilder, x: Expression, m: ModuleBuilder): Quarter {
  const angle = reduceAngle(f, x, m);
  const { bySine, byCosine } = corrections(f, angle);
  const sineBits = f.keep(L.fromBits(F.sub(angle.remainder, bySine)));
  const cosineBits = f.keep(L.fromBits(F.sub(f64(1), byCosine)));
  const odd = L.sub(i64(0n), L.and(angle.quadrant, i64(1n)));
  const swap = f.keep(L.and(L.xor(sineBits, cosineBits), odd));
  return { quadrant: angle.quadrant, sine: sineBits, cosine: cosineBits, swap };
}

const sineOf = (q: Quarter): Expression => signByQuadrant(L.xor(q.sine, q.swap), q.quadrant);
const cosineOf = (q: Quarter): Expression => signByQuadrant(L.xor(q.cosine, q.swap), L.add(q.quadrant, i64(1n)));

/** Sine and cosine of one angle (a local or a constant), for little more than the price of one; the same bits as the kernels. */
export function sinCos(f: FunctionBuilder, x: Expression, m: ModuleBuilder): { readonly sin: Expression; readonly cos: Expression } {
  const q = quarter(f, x, m);
  return { sin: f.keep(sineOf(q)), cos: f.keep(cosineOf(q)) };
}

export const sin: Kernel = { name: "sin", params: 1, inline: true, build: (f, [x], m) => sineOf(quarter(f, x, m)) };
export const cos: Kernel = { name: "cos", params: 1, inline: true, build: (f, [x], m) => cosineOf(quarter(f, x, m)) };

/** sin / cos, or -cos / sin if the quadrant is odd. The rounding errors of both are corrected after the division. */
export const tan: Kernel = {
  name: "tan",
  params: 1,
  inline: false,
  build(f, [x], m) {
    const angle = reduceAngle(f, x, m);
    const { bySine, byCosine } = corrections(f, angle);
    const s = below(f, angle.remainder, bySine);
    const c = below(f, f64(1), byCosine);
    const quotient = (above: Rounded, under: Rounded): Expression => {
      const first = f.keep(F.div(above.value, under.value));
      return F.sub(first, F.div(F.sub(above.excess, F.mul(first, under.excess)), under.value));
    };
    f.if(L.ne(L.and(angle.quadrant, i64(1n)), i64(0n)), () => f.return(F.neg(quotient(c, s))));
    return quotient(s, c);
  },
};

/** A difference as value - excess. */
interface Rounded {
  readonly value: Expression;
  readonly excess: Expression;
}

function below(f: FunctionBuilder, from: Expression, by: Expression): Rounded {
  const amount = f.keep(by);
  const value = f.keep(F.sub(from, amount));
  return { value, excess: f.keep(F.sub(amount, F.sub(from, value))) };
}
