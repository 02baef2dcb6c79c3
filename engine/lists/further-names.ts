/** Methods that are further names of others, or short for what others do together: they have no operators of their own. */
import { type MethodCall, oneCondition, oneFunction } from "../check/method-call.ts";
import { ExpressionError } from "../expression/tree.ts";
import { lambdaOf, mapOver } from "../program/make-terms.ts";
import type { Term } from "../program/term.ts";
import { boolean, describeType, number } from "../program/types.ts";
import type { Method } from "./list-operator.ts";

/** `list.any(f)` is `some`, `list.all(f)` is `every`; without a function, of a list of booleans. */
const quantifier =
  (operation: "some" | "every"): Method =>
  (methodCall) => {
    const { list, call, checker } = methodCall;
    const condition = call.args.length === 0 ? itself(methodCall) : oneCondition(methodCall);
    return checker.terms.make(operation, boolean, [list, condition]);
  };

/** `x => x`, of booleans. */
function itself({ list, call, checker: { terms, level } }: MethodCall): Term {
  if (list.type.element.kind === "boolean") return lambdaOf(terms, terms.make("param", list.type.element, [], level), level);
  const message = `${call.name} needs a function, such as ${call.name}(x => …), but for a list of booleans; this is ${describeType(list.type)}`;
  throw new ExpressionError(message, call.nameStart);
}

/** `list.count(f)`: how many elements a function gives true for. */
const count: Method = (methodCall) => {
  const { list, checker } = methodCall;
  const filtered = checker.terms.make("filter", list.type, [list, oneCondition(methodCall)]);
  return checker.terms.make("length", number, [filtered]);
};

export const furtherNames: Readonly<Record<string, Method>> = { any: quantifier("some"), all: quantifier("every"), count };
