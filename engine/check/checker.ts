/** What an expression may refer to at its place, and the steps that all checks of expressions share. */
import { ExpressionError, type Tree } from "../expression/tree.ts";
import { typeOver } from "../program/make-terms.ts";
import type { Term, Terms } from "../program/term.ts";
import { describeType, number, type Type } from "../program/types.ts";
import type { DatasetNames } from "./dataset-names.ts";
import type { Formulas } from "./four-vector.ts";
import { refuseInteger } from "./integers.ts";

export interface Checker {
  readonly terms: Terms;
  readonly formulas: Formulas;
  readonly dataset: DatasetNames;
  /** The term of a define; undefined if there is none of this name. Throws if the define is cyclic or wrong itself. */
  readonly define: (name: string, offset: number) => Term | undefined;
  readonly defineNames: readonly string[];
  readonly params: ReadonlyMap<string, Term>;
  /** How many functions enclose this place. */
  readonly level: number;
  readonly check: (tree: Tree, checker: Checker) => Term;
}

/** Throws unless the term is of this kind. `advice` tells what would be right; by default it follows from the kinds. */
export function expectType<Kind extends Type["kind"]>(
  term: Term,
  kind: Kind,
  tree: Tree,
  who: string,
  advice?: string,
): Extract<Type, { kind: Kind }> {
  const type = expectKind(term, kind, tree, who, advice);
  refuseInteger(term, tree.start);
  return type;
}

/** As `expectType`, but a number may be an integer beyond 2^53 that no float64 equals. */
export function expectKind<Kind extends Type["kind"]>(
  term: Term,
  kind: Kind,
  tree: Tree,
  who: string,
  advice?: string,
): Extract<Type, { kind: Kind }> {
  if (term.type.kind === kind) return term.type as Extract<Type, { kind: Kind }>;
  throw new ExpressionError(
    `${who} needs ${kind === "list" ? "a list" : `a ${kind}`}, but this is ${describeType(term.type)}${advice ?? adviceFor(term.type, kind)}`,
    tree.start,
  );
}

/** The advice when a list stands in a comparison, or where a condition must stand. */
export const adviceForCut = ": to select elements write list.filter(x => …), to ask whether there are some list.some(x => …)";

export function adviceFor(type: Type, wanted: Type["kind"] | "number or list" | "value"): string {
  if (wanted === "boolean" && type.kind === "number") return ": compare it, such as x > 0";
  if (wanted === "boolean" && type.kind === "list" && type.element.kind === "boolean") return ": ask whether some(…) or every(…) is true";
  if (type.kind === "list" && (wanted === "number" || wanted === "boolean"))
    return ": take one element ([0]), reduce it (sum, min, max, length, some, every), or use map for each";
  if (type.kind === "tuple" && (wanted === "number" || wanted === "number or list"))
    return ": take its members, such as p[0].pt, or what they are together, such as (p[0] + p[1]).mass";
  if (type.kind === "list" && wanted === "value")
    return ": take one element, such as [0], or reduce it (sum, min, max, length, some, every)";
  if (type.kind === "string" && wanted === "number") return ": strings can be told apart by == and !=, and fill axes of type category";
  if (type.kind === "number" && wanted === "string") return ': a string is written in quotes, "mu"';
  if (type.kind === "record" && (wanted === "number" || wanted === "number or list" || wanted === "value"))
    return `: take one of its fields, ${[...type.fields.keys()].slice(0, 5).join(", ")}`;
  return "";
}

/** The term of an operation whose result is missing if any argument is. */
export function numeric(
  checker: Checker,
  operation: Term["operation"],
  args: readonly Term[],
  result: Type = number,
  literal?: string,
): Term {
  return checker.terms.make(operation, typeOver(args, result), args, literal);
}
