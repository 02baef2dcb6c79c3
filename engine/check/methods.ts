/** The methods of lists: each makes a term of its arguments. */
import { ExpressionError, type Tree } from "../expression/tree.ts";
import type { Term } from "../program/term.ts";
import { boolean, describeType, number, type Type, withOptional } from "../program/types.ts";
import { type Context, checkFunction, expectType, type ListType } from "./context.ts";

type MethodCall = Extract<Tree, { kind: "method-call" }>;
type Method = (list: Term & { readonly type: ListType }, call: MethodCall, context: Context) => Term;

const methods: ReadonlyMap<string, Method> = new Map<string, Method>([
  ["filter", withCondition("filter", (list) => list.type)],
  ["some", withCondition("some", () => boolean)],
  ["every", withCondition("every", () => boolean)],
  [
    "map",
    (list, call, context) => {
      const body = checkFunction(oneArgument(call), list.type, "map", call, context);
      return context.terms.make("map", { kind: "list", element: body.type }, [list, body], context.level);
    },
  ],
  ["sum", reduction("sum", "sum", false)],
  ["min", reduction("min", "smallest", true)],
  ["max", reduction("max", "largest", true)],
  ["at", (list, call, context) => elementOf("at", list, oneArgument(call), context)],
  [
    "pairs",
    (list, call, context) => {
      noArguments(call);
      const element = list.type.element;
      if (element.kind === "list" || element.kind === "tuple")
        throw new ExpressionError(
          `pairs needs a list of records, numbers or booleans, but this is ${describeType(list.type)}`,
          call.nameStart,
        );
      return context.terms.make("pairs", { kind: "list", element: { kind: "tuple", members: [element, element], optional: false } }, [
        list,
      ]);
    },
  ],
]);

/** In the language, but not in this version. */
const later = new Set(["find", "concat", "slice", "flatMap", "mean", "minBy", "maxBy", "sortBy", "triples", "combinations", "cross"]);

export const methodNames: readonly string[] = [...methods.keys()];

export function checkMethod(call: MethodCall, context: Context): Term {
  const method = methods.get(call.name);
  if (!method) {
    if (later.has(call.name))
      throw new ExpressionError(
        `the method ${call.name} is not available in this version; there are ${methodNames.join(", ")}`,
        call.nameStart,
      );
    throw new ExpressionError(
      `there is no method '${call.name}'`,
      call.nameStart,
      context.scope.near(call.name, methodNames).filter((name) => methods.has(name)),
    );
  }
  const list = context.check(call.object, context);
  if (list.type.kind !== "list")
    throw new ExpressionError(`${call.name} is a method of lists, but this is ${describeType(list.type)}`, call.object.start);
  return method(list as Term & { type: ListType }, call, context);
}

/** `list[i]` (`index`: missing outside, as for −1) and `list.at(i)` (negative from the end). */
export function elementOf(operation: "index" | "at", list: Term & { readonly type: ListType }, index: Tree, context: Context): Term {
  const place = context.check(index, context);
  expectType(place, "number", index, operation === "at" ? "at" : "an index");
  const element = list.type.element;
  if (element.kind === "list")
    throw new ExpressionError(
      "taking one list out of a list of lists is not available in this version: reduce the inner lists first (sum, length, …)",
      index.start,
    );
  const term = context.terms.make(operation, withOptional(element, true), [list, place]);
  if (element.kind !== "tuple") return term;
  throw new ExpressionError(
    "taking one tuple out of a list is not available in this version: map the tuples to numbers first",
    index.start,
  );
}

function withCondition(name: "filter" | "some" | "every", result: (list: Term & { readonly type: ListType }) => Type): Method {
  return (list, call, context) => {
    const argument = oneArgument(call);
    const body = checkFunction(argument, list.type, name, call, context);
    expectType(body, "boolean", argument.kind === "lambda" ? argument.body : argument, `the condition of ${name}`);
    return context.terms.make(name, result(list), [list, body], context.level);
  };
}

/** `sum(f?)`: with a function, that of its values. */
function reduction(name: string, operation: "sum" | "smallest" | "largest", missingWhenEmpty: boolean): Method {
  return (list, call, context) => {
    if (call.args.length > 1) throw new ExpressionError(`${name} takes one function at most`, call.args[1].start);
    let values: Term = list;
    if (call.args.length === 1) {
      const body = checkFunction(call.args[0], list.type, name, call, context);
      values = context.terms.make("map", { kind: "list", element: body.type }, [list, body], context.level);
    }
    const element = (values.type as ListType).element;
    if (element.kind !== "number") {
      throw new ExpressionError(
        `${name} needs a list of numbers, but this is ${describeType(values.type)}${call.args.length === 0 ? `: say of what, ${name}(x => …)` : ""}`,
        call.nameStart,
      );
    }
    return context.terms.make(operation, withOptional(number, missingWhenEmpty), [values]);
  };
}

function oneArgument(call: MethodCall): Tree {
  if (call.args.length !== 1) throw new ExpressionError(`${call.name} takes one argument, not ${call.args.length}`, call.nameStart);
  return call.args[0];
}

function noArguments(call: MethodCall): void {
  if (call.args.length > 0) throw new ExpressionError(`${call.name} takes no arguments`, call.args[0].start);
}
