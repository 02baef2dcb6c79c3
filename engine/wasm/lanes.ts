/**
 * Writes code for two float64 side by side, from the same trees as code for one. An operation with a v128 operand is done in both lanes, and each lane has
 * the same bits as scalar code would give. Scalar operands count for both lanes; calls are made once per lane. A true boolean has all bits of its lane
 * set, a false one none. In the branches of an `if` on such booleans, only the lanes for which the condition holds are set.
 */
import { type Expression, F, f64, I, i32, i64, L, type Local, select, V, type ValueType } from "./instructions.ts";

type LaneType = "f64" | "i64" | "i32";

interface Wide {
  readonly value: Expression;
  readonly type: LaneType;
}

type Rule = readonly [type: LaneType, make: (...args: readonly Expression[]) => Expression];

const codeOf = (make: (...args: Expression[]) => Expression): number => {
  const made = make(i32(0), i32(0));
  return made.kind === "operation" ? made.code : -1;
};
const same = (x: Expression): Expression => x;

/** For each scalar opcode, the operation that does the same in both lanes. */
const rules: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [codeOf(F.add), ["f64", V.add]],
  [codeOf(F.sub), ["f64", V.sub]],
  [codeOf(F.mul), ["f64", V.mul]],
  [codeOf(F.div), ["f64", V.div]],
  [codeOf(F.sqrt), ["f64", V.sqrt]],
  [codeOf(F.abs), ["f64", V.abs]],
  [codeOf(F.neg), ["f64", V.neg]],
  [codeOf(F.min), ["f64", V.min]],
  [codeOf(F.max), ["f64", V.max]],
  [codeOf(F.floor), ["f64", V.floor]],
  [codeOf(F.ceil), ["f64", V.ceil]],
  [codeOf(F.trunc), ["f64", V.trunc]],
  [codeOf(F.nearest), ["f64", V.nearest]],
  [codeOf(F.copysign), ["f64", (x, y) => V.select(V.splat64(i64(2n ** 63n - 1n)), x, y)]],
  [codeOf(F.fromBits), ["f64", same]],
  [codeOf(F.fromI32), ["f64", (test) => V.and(test, V.splat(f64(1)))]],
  [codeOf(F.eq), ["i32", V.eq]],
  [codeOf(F.ne), ["i32", V.ne]],
  [codeOf(F.lt), ["i32", V.lt]],
  [codeOf(F.gt), ["i32", V.gt]],
  [codeOf(F.le), ["i32", V.le]],
  [codeOf(F.ge), ["i32", V.ge]],
  [codeOf(I.and), ["i32", V.and]],
  [codeOf(I.or), ["i32", V.or]],
  [codeOf(I.xor), ["i32", V.xor]],
  [codeOf(I.ne), ["i32", V.xor]],
  [codeOf(I.eq), ["i32", (x, y) => V.not(V.xor(x, y))]],
  [codeOf(I.eqz), ["i32", V.not]],
  [codeOf(L.fromBits), ["i64", same]],
  [codeOf(L.add), ["i64", V.add64]],
  [codeOf(L.sub), ["i64", V.sub64]],
  [codeOf(L.and), ["i64", V.and]],
  [codeOf(L.or), ["i64", V.or]],
  [codeOf(L.xor), ["i64", V.xor]],
  [codeOf(L.shl), ["i64", V.shl64]],
  [codeOf(L.shrS), ["i64", V.shrS64]],
  [codeOf(L.shrU), ["i64", V.shrU64]],
]);
const shifts: ReadonlySet<number> = new Set([L.shl, L.shrS, L.shrU].map(codeOf));

/** Writes trees unchanged, without lanes. */
interface PlainWriter {
  variable(value: Expression): Local;
  set(local: Local, value: Expression): void;
  if(test: Expression, then: () => void, otherwise?: () => void): void;
}

/** The writer of a function inside `inLanes`. */
export class Lanes {
  readonly #f: PlainWriter;
  /** The type of the lanes of v128 locals, by local; float64 for locals that are not listed. */
  readonly #types = new Map<number, LaneType>();
  /** The lanes for which the branch that is being written is taken; undefined outside of branches. */
  #mask: Expression | undefined;

  constructor(f: PlainWriter) {
    this.#f = f;
  }

  keep(value: Expression): Expression {
    const wide = this.#widen(value);
    if (wide === undefined) return value.kind === "const" || value.kind === "local" ? value : this.#f.variable(value);
    return wide.value.kind === "local" ? wide.value : this.#local(wide);
  }

  variable(value: Expression): Local {
    return this.#local(this.#widen(value) ?? { value: splat(value), type: value.type as LaneType });
  }

  #local({ value, type }: Wide): Local {
    const local = this.#f.variable(value);
    this.#types.set(local.index, type);
    return local;
  }

  set(local: Local, value: Expression): void {
    const wide = this.#widen(value);
    if (local.type !== "v128" && wide !== undefined) throw new Error("Cannot set a scalar to what has two lanes");
    const both = local.type === "v128" && wide === undefined ? splat(value) : (wide?.value ?? value);
    const masked = this.#mask && local.type === "v128" ? V.select(this.#mask, both, local) : both;
    this.#f.set(local, masked);
  }

  if(test: Expression, then: () => void, otherwise?: () => void): void {
    const wide = this.#widen(test);
    if (wide === undefined) {
      this.#f.if(test, then, otherwise);
      return;
    }
    const outer = this.#mask;
    const yes = this.keep(wide.value);
    const branch = (holds: Expression, body: () => void) => {
      this.#mask = this.#f.variable(outer ? V.and(outer, holds) : holds);
      this.#f.if(V.anyTrue(this.#mask), body);
      this.#mask = outer;
    };
    branch(yes, then);
    if (otherwise) branch(V.not(yes), otherwise);
  }

  /** The value in two lanes; undefined if it is a scalar. */
  #widen(value: Expression): Wide | undefined {
    switch (value.kind) {
      case "const":
        return undefined;
      case "local":
        return value.type === "v128" ? { value, type: this.#types.get(value.index) ?? "f64" } : undefined;
      case "load":
        return value.type === "v128" ? { value, type: "f64" } : undefined;
      case "select":
        return this.#widenSelect(value.args);
      case "operation":
        return this.#widenOperation(value);
      case "call":
        return value.args.some((arg) => this.#widen(arg))
          ? this.#laneByLane(value.args, value.type, (args) => ({ ...value, args }))
          : undefined;
    }
  }

  #widenSelect([chosen, other, test]: readonly [Expression, Expression, Expression]): Wide | undefined {
    const [a, b, mask] = [chosen, other, test].map((each) => this.#widen(each));
    if (!a && !b && !mask) return undefined;
    const type = a?.type ?? b?.type ?? (chosen.type as LaneType);
    const [one, another] = [a?.value ?? splat(chosen), b?.value ?? splat(other)];
    return { value: mask ? V.select(mask.value, one, another) : select(test, one, another), type };
  }

  #widenOperation(value: Extract<Expression, { kind: "operation" }>): Wide | undefined {
    const wide = value.args.map((arg) => this.#widen(arg));
    if (value.type === "v128") return { value: { ...value, args: value.args.map((arg, index) => wide[index]?.value ?? arg) }, type: "f64" };
    if (wide.every((each) => each === undefined)) return undefined;
    const rule = rules.get(value.code);
    if (rule === undefined) return this.#laneByLane(value.args, value.type, (args) => ({ ...value, args }));
    const isShift = shifts.has(value.code);
    const args = value.args.map((arg, index) => wide[index]?.value ?? (isShift && index === 1 ? I.wrapI64(arg) : splat(arg)));
    return { type: rule[0], value: rule[1](...args) };
  }

  /** Computes an operation without a vector instruction for each lane separately. */
  #laneByLane(args: readonly Expression[], type: ValueType, make: (args: readonly Expression[]) => Expression): Wide {
    const [first, second] = [0, 1].map((lane) => make(args.map((arg) => this.#laneOf(arg, lane))));
    if (type === "f64") return { type, value: V.replaceFloat(V.splat(first), second, 1) };
    if (type === "i64") return { type, value: V.replace64(V.splat64(first), second, 1) };
    throw new Error(`Cannot put two values of type ${type} side by side`);
  }

  #laneOf(arg: Expression, lane: number): Expression {
    const wide = this.#widen(arg);
    if (wide === undefined) return arg;
    if (wide.type === "f64") return V.float(wide.value, lane);
    const bits = V.int64(wide.value, lane);
    return wide.type === "i64" ? bits : I.and(I.wrapI64(bits), i32(1));
  }
}

/** A scalar in both lanes. */
function splat(value: Expression): Expression {
  if (value.type === "f64") return V.splat(value);
  if (value.type === "i64") return V.splat64(value);
  if (value.kind === "const") return V.splat64(i64(value.value ? -1n : 0n));
  return V.splat64(L.sub(i64(0n), L.fromU32(value)));
}
