/** Methods that are other names for, or combinations of, list operators; they have no operators of their own. */

import { expectType } from "../check/checker.ts";
import { functionOver, listArgument, type MethodCall, noArguments, oneCondition } from "../check/method-call.ts";
import { ExpressionError } from "../expression/tree.ts";
import { lambdaOf, mapOver } from "../program/make-terms.ts";
import type { Term } from "../program/term.ts";
import { boolean, describeType, number } from "../program/types.ts";
import { combinationsTerm } from "./combinations.ts";
import type { Method } from "./list-operator.ts";
import { pickBy } from "./min-by-max-by.ts";

/** `list.any(f)` is `some`, `list.all(f)` is `every`. Without a function, the list must be one of booleans. */
const quantifier =
  (operation: "some" | "every"): Method =>
  (methodCall) => {
    const { list, call, checker } = methodCall;
    const condition = call.args.length === 0 ? itself(methodCall) : oneCondition(methodCall);
    return checker.terms.make(operation, boolean, [list, condition]);
  };

/** The lambda `x => x` over a list of booleans. */
function itself({ list, call, checker: { terms, level } }: MethodCall): Term {
  if (list.type.element.kind === "boolean") return lambdaOf(terms, terms.make("param", list.type.element, [], level), level);
  const message = `${call.name} needs a function, such as ${call.name}(x => …), but for a list of booleans; this is ${describeType(list.type)}`;
  throw new ExpressionError(message, call.nameStart);
}

/** `list.count(f)`: the number of elements for which f is true. */
const count: Method = (methodCall) => {
  const { list, checker } = methodCall;
  const filtered = checker.terms.make("filter", list.type, [list, oneCondition(methodCall)]);
  return checker.terms.make("length", number, [filtered]);
};

const everyFew =
  (size: number): Method =>
  (methodCall) => {
    noArguments(methodCall);
    return combinationsTerm(methodCall, size);
  };

/** `list.nearest(other, f)`: for each element a the element b of the other list for which f(a, b) is least. */
const nearest: Method = (methodCall) => {
  const { list, call, checker } = methodCall;
  const { terms, level } = checker;
  const other = listArgument(methodCall, 0);
  if (call.args.length !== 2)
    throw new ExpressionError("nearest takes a list and a function, such as nearest(Jet, (a, b) => deltaR(a, b))", call.nameStart);
  const [, tree] = call.args;
  const both = [list, other].map(({ type }, index) => terms.make("param", type.element, [], level + index));
  const distance = functionOver(methodCall, tree, both);
  expectType(distance, "number", tree.kind === "lambda" ? tree.body : tree, "the function of nearest");
  return mapOver(terms, list, lambdaOf(terms, pickBy(terms, "minBy", other, lambdaOf(terms, distance, level + 1)), level));
};

export const furtherNames: Readonly<Record<string, Method>> = {
  pairs: everyFew(2),
  triples: everyFew(3),
  nearest,
  any: quantifier("some"),
  all: quantifier("every"),
  count,
};
