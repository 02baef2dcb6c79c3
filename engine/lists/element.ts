/**
 * One element of a list. `list[i]` is missing if i is not the index of an element. `list.at(i)` counts from the end if i is negative,
 * and cuts off fractions.
 */

import { type Checker, expectType } from "../check/checker.ts";
import { oneArgument } from "../check/method-call.ts";
import { both, type Code } from "../compile/code.ts";
import type { Lowering } from "../compile/emitter.ts";
import { openList } from "../compile/open-list.ts";
import { optionalCode } from "../compile/optional-code.ts";
import type { Tree } from "../expression/tree.ts";
import type { ListTerm } from "../program/make-terms.ts";
import type { Term } from "../program/term.ts";
import { withOptional } from "../program/types.ts";
import { F, I, i32, select } from "../wasm/instructions.ts";
import type { ListOperator } from "./list-operator.ts";

const lower: Lowering = (emitter, term, environment): Code => {
  const [list, index] = term.args;
  const place = emitter.scalar(index, environment);
  const elements = openList(emitter, list, environment).numbered();
  const length = emitter.keep(I.sub(elements.to, elements.from));
  const whole = emitter.keep(I.truncF64(place.value));
  const fromStart = term.operation === "at" ? emitter.keep(select(I.lt(whole, i32(0)), I.add(whole, length), whole)) : whole;
  const inside = I.ltU(fromStart, length);
  const exact = term.operation === "at" ? inside : I.and(inside, F.eq(F.fromI32(whole), place.value));
  const present = emitter.keep(both(exact, place.present)!);
  const element = elements.at(emitter.keep(I.add(elements.from, select(present, fromStart, i32(0)))), present);
  return optionalCode(emitter, element.code(), present);
};

export const index: ListOperator = { kind: "value", cost: 5, lower };

export const at: ListOperator = {
  kind: "value",
  cost: 5,
  lower,
  method: (methodCall) => checkElement("at", methodCall.list, oneArgument(methodCall), methodCall.checker),
};

export function checkElement(operation: "index" | "at", list: ListTerm, place: Tree, checker: Checker): Term {
  const number = checker.check(place, checker);
  expectType(number, "number", place, operation === "at" ? "at" : "an index");
  return checker.terms.make(operation, withOptional(list.type.element, true), [list, number]);
}
