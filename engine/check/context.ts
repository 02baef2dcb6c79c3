/** What checking an expression needs to know, and the few steps that every kind of expression shares. */
import { ExpressionError, type Tree } from "../expression/tree.ts";
import type { Term, Terms } from "../program/term.ts";
import { deepestLevel } from "../program/term.ts";
import { describeType, isOptional, number, type RecordType, type Type, withOptional } from "../program/types.ts";
import { Formulas } from "./four-vector.ts";
import type { DatasetScope } from "./scope.ts";

export interface Context {
  readonly terms: Terms;
  readonly formulas: Formulas;
  readonly scope: DatasetScope;
  /** The term of a define; throws where it is cyclic or wrong itself. */
  readonly define: (name: string, offset: number) => Term | undefined;
  readonly defineNames: readonly string[];
  readonly params: ReadonlyMap<string, Term>;
  /** Number of functions around this place. */
  readonly level: number;
  readonly check: (tree: Tree, context: Context) => Term;
}

export type ListType = Extract<Type, { kind: "list" }>;

export const newFormulas = (terms: Terms): Formulas => new Formulas(terms, (record, name) => fieldOf(terms, record, name));

/** A field that the record's type has. */
export function fieldOf(terms: Terms, record: Term, name: string): Term {
  const type = record.type as RecordType;
  const fieldType = type.fields.get(name)!;
  if (record.operation === "record") return record.args[[...type.fields.keys()].indexOf(name)];
  return terms.make("field", withOptional(fieldType, isOptional(fieldType) || type.optional), [record], name);
}

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
  context: Context,
  operation: Term["operation"],
  args: readonly Term[],
  result: Type = number,
  literal?: string,
): Term {
  return context.terms.make(
    operation,
    withOptional(
      result,
      args.some((arg) => isOptional(arg.type)),
    ),
    args,
    literal,
  );
}

/** The body of a function argument, over elements of `list`; several parameters of tuples are their members, then comes the index. */
export function checkFunction(tree: Tree | undefined, list: ListType, method: string, at: Tree, context: Context): Term {
  const { terms, level } = context;
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
  const params = new Map(context.params);
  tree.params.forEach((name, index) => void params.set(name, values[index]));
  return context.check(tree.body, { ...context, params, level: level + 1 });
}
