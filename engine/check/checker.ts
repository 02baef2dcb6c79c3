/** What an expression may refer to where it stands, and the few steps that checking every kind of expression shares. */
import { ExpressionError, type Tree } from "../expression/tree.ts";
import { lambdaOf } from "../program/make-terms.ts";
import type { Term, Terms } from "../program/term.ts";
import { deepestLevel } from "../program/term.ts";
import { describeType, isOptional, type ListType, number, type Type, withOptional } from "../program/types.ts";
import type { DatasetNames } from "./dataset-names.ts";
import type { Formulas } from "./four-vector.ts";

export interface Checker {
  readonly terms: Terms;
  readonly formulas: Formulas;
  readonly dataset: DatasetNames;
  /** The term of a define; throws where it is cyclic or wrong itself. */
  readonly define: (name: string, offset: number) => Term | undefined;
  readonly defineNames: readonly string[];
  readonly params: ReadonlyMap<string, Term>;
  /** Number of functions around this place. */
  readonly level: number;
  readonly check: (tree: Tree, checker: Checker) => Term;
}

export type ListTerm = Term & { readonly type: ListType };

export function expectType<Kind extends Type["kind"]>(term: Term, kind: Kind, tree: Tree, who: string): Extract<Type, { kind: Kind }> {
  if (term.type.kind === kind) return term.type as Extract<Type, { kind: Kind }>;
  throw new ExpressionError(
    `${who} needs ${kind === "list" ? "a list" : `a ${kind}`}, but this is ${describeType(term.type)}${adviceFor(term.type, kind)}`,
    tree.start,
  );
}

function adviceFor(type: Type, wanted: Type["kind"]): string {
  if (type.kind === "list" && (wanted === "number" || wanted === "boolean"))
    return ": take one element ([0]), reduce it (sum, min, max, length, some, every), or use map for each";
  if (type.kind === "record" && wanted === "number") return `: take one of its fields, ${[...type.fields.keys()].slice(0, 5).join(", ")}`;
  return "";
}

/** An operation over numbers: missing wherever an argument is. */
export function numeric(
  checker: Checker,
  operation: Term["operation"],
  args: readonly Term[],
  result: Type = number,
  literal?: string,
): Term {
  return checker.terms.make(
    operation,
    withOptional(
      result,
      args.some((arg) => isOptional(arg.type)),
    ),
    args,
    literal,
  );
}

/** A function argument as a lambda, over elements of `list`; several parameters of tuples are their members, then comes the index. */
export function checkFunction(tree: Tree | undefined, list: ListType, method: string, at: Tree, checker: Checker): Term {
  const { terms, level } = checker;
  if (tree?.kind !== "lambda") {
    throw new ExpressionError(`${method} needs a function, such as ${method}(x => …)`, (tree ?? at).start);
  }
  if (level >= deepestLevel)
    throw new ExpressionError(`functions are nested too deeply: at most ${deepestLevel} inside one another`, tree.start);
  const element = list.element;
  const param = terms.make("param", element, [], level);
  const position = terms.make("position", number, [], level);
  const members =
    element.kind === "tuple" && tree.params.length > 1
      ? element.members.map((type, index) => terms.make("member", type, [param], index))
      : [param];
  const values = [...members, position];
  if (tree.params.length > values.length) {
    throw new ExpressionError(
      `the function of ${method} has at most ${values.length} parameters here, not ${tree.params.length}`,
      tree.start,
    );
  }
  const params = new Map(checker.params);
  tree.params.forEach((name, index) => void params.set(name, values[index]));
  return lambdaOf(terms, checker.check(tree.body, { ...checker, params, level: level + 1 }), level);
}

/** A function argument that gives true or false. */
export function checkCondition(tree: Tree, list: ListType, method: string, at: Tree, checker: Checker): Term {
  const lambda = checkFunction(tree, list, method, at, checker);
  expectType(lambda, "boolean", tree.kind === "lambda" ? tree.body : tree, `the condition of ${method}`);
  return lambda;
}
