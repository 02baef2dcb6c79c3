/** Integers in a query that no float64 equals: they can be compared with columns of 64-bit integers, and used for nothing else. */
import { ExpressionError, type Tree } from "../expression/tree.ts";
import type { Term, Terms } from "../program/term.ts";
import { fits, type Long, longOf } from "../program/types.ts";

export function integerOf(integer: bigint, offset: number, terms: Terms): Term {
  const long = (["int64", "uint64"] as const).find((each) => fits(integer, each));
  if (!long) throw new ExpressionError(`${integer} is no 64-bit integer: they go from -2^63 to 2^63 - 1, or from 0 to 2^64 - 1`, offset);
  return longTerm(integer, long, terms);
}

const longTerm = (integer: bigint, long: Long, terms: Terms): Term =>
  terms.make("integer", { kind: "number", optional: false, long, isRounded: true }, [], String(integer));

/** In a comparison with a 64-bit integer, a whole number means exactly the digits that were written, not the nearest float64. */
export function asWritten(term: Term, tree: Tree, other: Term, terms: Terms): Term {
  const integer = longOf(other.type) && integerIn(tree);
  return integer === undefined ? term : integerOf(integer, tree.start, terms);
}

function integerIn(tree: Tree): bigint | undefined {
  if (tree.kind === "number") return tree.integer;
  const operand = tree.kind === "negate" ? integerIn(tree.operand) : undefined;
  return operand === undefined ? undefined : -operand;
}

/** Throws if the term is such an integer; used where a float64 is needed. */
export function refuseInteger({ operation, literal }: Term, offset: number): void {
  if (operation !== "integer") return;
  const nearest = BigInt(Number(literal));
  throw new ExpressionError(
    `${literal} is no float64: the nearest is ${nearest}; as it is, it can only be compared with columns of 64-bit integers`,
    offset,
  );
}

/** The two sides of `? :` or `??`. If one is a column of 64-bit integers, an integer written as the other becomes a 64-bit integer, too. */
export function bothLong(a: Term, b: Term, [left, right]: readonly [Tree, Tree], terms: Terms): readonly [Term, Term] {
  const [one, other] = [asLong(a, longOf(b.type), terms), asLong(b, longOf(a.type), terms)];
  if (longOf(one.type) !== longOf(other.type)) {
    refuseInteger(one, left.start);
    refuseInteger(other, right.start);
  }
  return [one, other];
}

function asLong(term: Term, long: Long | undefined, terms: Terms): Term {
  const isInteger = term.operation === "integer" || (term.operation === "number" && Number.isInteger(Number(term.literal)));
  if (!long || !isInteger || longOf(term.type) === long) return term;
  const integer = BigInt(term.operation === "integer" ? String(term.literal) : Number(term.literal));
  return fits(integer, long) ? longTerm(integer, long, terms) : term;
}
