/** Comparisons: scalars by value, records by identity (are they the same element?). 64-bit integers are compared exactly. */
import { type ComparisonOperator, ExpressionError, type Tree } from "../expression/tree.ts";
import { memberOf } from "../program/make-terms.ts";
import type { Operation, Term } from "../program/term.ts";
import { boolean, describeType, isOptional, isRounded, isScalar, longOf, type RecordType, type TupleType } from "../program/types.ts";
import { adviceForCut, type Checker, expectKind, numeric } from "./checker.ts";
import { asWritten, refuseInteger } from "./integers.ts";

const comparison: Readonly<Record<ComparisonOperator, Operation>> = {
  "<": "less",
  "<=": "less-equal",
  ">": "greater",
  ">=": "greater-equal",
  "==": "equal",
  "!=": "not-equal",
};

export function checkComparison(tree: Extract<Tree, { kind: "comparison" }>, checker: Checker): Term {
  const [left, right] = [checker.check(tree.left, checker), checker.check(tree.right, checker)];
  const equality = tree.operator === "==" || tree.operator === "!=";
  if (equality && left.type.kind === "record" && right.type.kind === "record") {
    const same = compareElements(left, right, tree, checker);
    return tree.operator === "==" ? same : numeric(checker, "not", [same], boolean);
  }
  if (equality && left.type.kind === "tuple" && right.type.kind === "tuple") {
    const same = compareTuples(left, right, tree, checker);
    return tree.operator === "==" ? same : numeric(checker, "not", [same], boolean);
  }
  const kind = equality && isScalar(left.type) ? left.type.kind : "number";
  const advice = [left, right].some(({ type }) => type.kind === "list") ? adviceForCut : comparisonAdvice(tree, left, right);
  expectKind(left, kind, tree.left, `'${tree.operator}'`, advice);
  expectKind(right, kind, tree.right, `'${tree.operator}'`, advice);
  return compareScalars(tree.operator, [left, right], [tree.left, tree.right], checker);
}

/** Tuples are equal if all their members are. */
function compareTuples(left: Term, right: Term, tree: Extract<Tree, { kind: "comparison" }>, checker: Checker): Term {
  const [a, b] = [left.type as TupleType, right.type as TupleType];
  if (a.members.length !== b.members.length) {
    const message = `${describeType(a)} and ${describeType(b)} never are the same: compare their members`;
    throw new ExpressionError(message, tree.start);
  }
  const same = a.members.map(({ kind }, index) => {
    const [one, other] = [memberOf(checker.terms, left, index), memberOf(checker.terms, right, index)];
    if (kind !== other.type.kind || kind === "list")
      throw new ExpressionError(
        `the members [${index}] are ${describeType(one.type)} and ${describeType(other.type)}: they cannot be compared`,
        tree.start,
      );
    if (kind === "record") return compareElements(one, other, tree, checker);
    if (kind === "tuple") return compareTuples(one, other, tree, checker);
    return compareScalars("==", [one, other], [tree.left, tree.right], checker);
  });
  return same.reduce((sofar, each) => numeric(checker, "and", [sofar, each], boolean));
}

/** Compares two numbers, two booleans or two strings. */
export function compareScalars(
  operator: ComparisonOperator,
  sides: readonly [Term, Term],
  trees: readonly [Tree, Tree],
  checker: Checker,
): Term {
  const [left, right] = sides.map((side, index) => asWritten(side, trees[index]!, sides[1 - index]!, checker.terms)) as [Term, Term];
  refuseRounded(operator, left, right, trees[1]);
  refuseRounded(operator, right, left, trees[0]);
  return numeric(checker, comparison[operator], [left, right], boolean);
}

function comparisonAdvice({ left }: Extract<Tree, { kind: "comparison" }>, one: Term, other: Term): string | undefined {
  if (one.type.kind !== "boolean" || other.type.kind !== "number") return undefined;
  return left.kind === "comparison"
    ? ": write a < x && x < b, or between(x, a, b)"
    : ": a boolean is a condition by itself, or with ! before it";
}

/**
 * Refuses a comparison that rounding would make wrong. A column whose files differ in type is read as float64, where from 2^53 on several integers
 * become the same number. `tree` is the tree of `other`.
 */
function refuseRounded(operator: ComparisonOperator, own: Term, other: Term, tree: Tree): void {
  if (longOf(own.type)) return;
  refuseInteger(other, tree.start);
  if (!isRounded(own.type)) return;
  if (isRounded(other.type)) {
    const message = `both sides of '${operator}' may be integers from 2^53 on, which are rounded: compare their difference with 0, if that is near enough`;
    throw new ExpressionError(message, tree.start);
  }
  const { operation, literal } = other;
  if (operation !== "number" || !Number.isInteger(literal) || Number.isSafeInteger(literal) || !(operator === "==" || operator === "!="))
    return;
  const message = `'${operator}' cannot tell integers from 2^53 on from their neighbours in a column that is float64, since its files differ in type: compare with < and >`;
  throw new ExpressionError(message, tree.start);
}

/** Records are equal when they are the same element of the same collection. */
function compareElements(left: Term, right: Term, tree: Extract<Tree, { kind: "comparison" }>, checker: Checker): Term {
  const [a, b] = [left.type as RecordType, right.type as RecordType];
  for (const [type, side] of [
    [a, tree.left],
    [b, tree.right],
  ] as const) {
    if (type.identity === undefined)
      throw new ExpressionError(
        "only elements of collections can be compared; this record was computed: compare one of its fields",
        side.start,
      );
  }
  const mayBeSame = a.identity!.some((each) => b.identity!.includes(each));
  if (!mayBeSame && !isOptional(a) && !isOptional(b)) return checker.terms.make("boolean", boolean, [], false);
  return numeric(checker, "same", [left, right], boolean);
}
