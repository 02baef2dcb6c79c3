/**
 * Compares 64-bit integers of a file exactly, with one another and with any float64, as JavaScript compares a BigInt with either.
 * Rounding to float64 keeps the order, except that different integers may become equal; these are compared as integers.
 */
import { fits, type Long } from "../../program/types.ts";
import { type Expression, F, f64, I, i32, i64, L } from "../../wasm/instructions.ts";
import type { ScalarCode } from "../code.ts";
import type { Emitter } from "../emitter.ts";

export type Comparison = "equal" | "not-equal" | "less" | "less-equal" | "greater" | "greater-equal";

/** A side of a comparison. `long` is set if it is a 64-bit integer. */
export interface Side {
  readonly code: ScalarCode;
  readonly long: Long | undefined;
}

type Compare = (a: Expression, b: Expression) => Expression;

const signed: Readonly<Record<Comparison, Compare>> = {
  equal: L.eq,
  "not-equal": L.ne,
  less: L.lt,
  "less-equal": L.le,
  greater: L.gt,
  "greater-equal": L.ge,
};
const unsigned: Readonly<Record<Comparison, Compare>> = {
  ...signed,
  less: L.ltU,
  "less-equal": L.leU,
  greater: L.gtU,
  "greater-equal": L.geU,
};
const compareAs: Readonly<Record<Long, Readonly<Record<Comparison, Compare>>>> = { int64: signed, uint64: unsigned };
const turned: Readonly<Record<Comparison, Comparison>> = {
  equal: "equal",
  "not-equal": "not-equal",
  less: "greater",
  "less-equal": "greater-equal",
  greater: "less",
  "greater-equal": "less-equal",
};

/** The least integer above the range of each type. */
const beyond: Readonly<Record<Long, number>> = { int64: 2 ** 63, uint64: 2 ** 64 };

/** Compares two values that are not missing; the result is an i32. At least one of them is a 64-bit integer. */
export function compareLongs(emitter: Emitter, comparison: Comparison, left: Side, right: Side): Expression {
  if (left.long === undefined || (left.long === "uint64" && right.long === "int64"))
    return compareLongs(emitter, turned[comparison], right, left);
  if (right.long === undefined) return withFloat(emitter, comparison, { ...left, long: left.long }, right.code.value);
  const [a, b] = [left.code.long!, right.code.long!];
  if (left.long === right.long) return compareAs[left.long][comparison](a, b);
  // A signed and an unsigned integer: a negative one is less than every unsigned one; otherwise both are compared as unsigned.
  const isNegative = L.lt(a, i64(0n));
  const asUnsigned = unsigned[comparison](a, b);
  const isTrueBelow = comparison === "less" || comparison === "less-equal" || comparison === "not-equal";
  return isTrueBelow ? I.or(isNegative, asUnsigned) : I.and(I.eqz(isNegative), asUnsigned);
}

function withFloat(
  emitter: Emitter,
  comparison: Comparison,
  { code, long }: Side & { readonly long: Long },
  other: Expression,
): Expression {
  if (comparison === "not-equal") return I.eqz(withFloat(emitter, "equal", { code, long }, other));
  const a = code.long!;
  const compare = compareAs[long][comparison];
  if (other.kind === "const" && Number.isInteger(other.value) && fits(BigInt(other.value), long))
    return compare(a, i64(BigInt.asIntN(64, BigInt(other.value))));
  const [rounded, b] = [emitter.keep(code.value), emitter.keep(other)];
  // If both are the same float64, it is an integer, and in the range of this type unless it is the least one above.
  const isBeyond = F.ge(b, f64(beyond[long]));
  const exact = compare(a, (long === "int64" ? L.truncF64 : L.truncF64U)(b));
  const isTrueBelow = comparison === "less" || comparison === "less-equal";
  const ofSame = isTrueBelow ? I.or(isBeyond, exact) : I.and(I.eqz(isBeyond), exact);
  const ofOthers = comparison === "equal" ? i32(0) : (isTrueBelow ? F.lt : F.gt)(rounded, b);
  return I.or(ofOthers, I.and(F.eq(rounded, b), ofSame));
}
