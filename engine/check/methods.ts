/** `list.name(…)`: finds the operator of lists that has the method, which makes the term. */
import { ExpressionError } from "../expression/tree.ts";
import { methods } from "../lists/list-operators.ts";
import type { Term } from "../program/term.ts";
import { describeType } from "../program/types.ts";
import type { Checker, ListTerm } from "./checker.ts";
import type { MethodCall } from "./method-call.ts";

/** Every method of the language: those that have no operator are not in this version. */
const language = new Set(
  "filter map some every find concat slice flatMap sum min max mean at minBy maxBy sortBy pairs triples combinations cross".split(" "),
);

export const methodNames: readonly string[] = [...methods.keys()];

export function checkMethod(call: MethodCall["call"], checker: Checker): Term {
  const method = methods.get(call.name);
  if (!method) {
    if (language.has(call.name)) {
      const message = `the method ${call.name} is not available in this version; there are ${methodNames.join(", ")}`;
      throw new ExpressionError(message, call.nameStart);
    }
    const near = checker.dataset.near(call.name, methodNames).filter((name) => methods.has(name));
    throw new ExpressionError(`there is no method '${call.name}'`, call.nameStart, near);
  }
  const list = checker.check(call.object, checker);
  if (list.type.kind !== "list")
    throw new ExpressionError(`${call.name} is a method of lists, but this is ${describeType(list.type)}`, call.object.start);
  return method({ list: list as ListTerm, call, checker });
}
