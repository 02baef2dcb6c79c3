/**
 * `list.minBy(f)` and `list.maxBy(f)`: the element for which a function gives least or most; of several the first. Elements whose number is missing or NaN
 * are left out; without any other the result is missing.
 */

import { expectType } from "../check/checker.ts";
import { oneFunction } from "../check/method-call.ts";
import { both, type ScalarCode } from "../compile/code.ts";
import type { LoopBody } from "../compile/emitter.ts";
import { hoist } from "../compile/hoist.ts";
import { openList } from "../compile/open-list.ts";
import { optionalCode } from "../compile/optional-code.ts";
import type { Term, Terms } from "../program/term.ts";
import { type ListType, withOptional } from "../program/types.ts";
import { type Expression, F, f64, I, i32 } from "../wasm/instructions.ts";
import type { ListOperator } from "./list-operator.ts";

export const minBy: ListOperator = extremeBy("minBy", F.lt);
export const maxBy: ListOperator = extremeBy("maxBy", F.gt);

/** The term of an element that a function over the list decides on. */
export const pickBy = (terms: Terms, name: "minBy" | "maxBy", list: Term, lambda: Term): Term =>
  terms.make(name, withOptional((list.type as ListType).element, true), [list, lambda]);

function extremeBy(name: "minBy" | "maxBy", isBetter: (value: Expression, best: Expression) => Expression): ListOperator {
  return {
    kind: "value",
    cost: 30,
    method(methodCall) {
      const lambda = oneFunction(methodCall);
      const [tree] = methodCall.call.args;
      expectType(lambda, "number", tree.kind === "lambda" ? tree.body : tree, `the function of ${name}`);
      return pickBy(methodCall.checker.terms, name, methodCall.list, lambda);
    },
    lower(emitter, term, environment) {
      const { f } = emitter;
      const [list, lambda] = term.args;
      const source = openList(emitter, list, environment);
      const found = f.variable(i32(0));
      const best = f.variable(f64(0));
      const place = Array.from({ length: source.places }, () => f.variable(i32(0)));
      hoist(emitter, lambda, environment);
      const pick: LoopBody = (element, at) => {
        const { value, present } = emitter.apply(lambda, environment, element) as ScalarCode;
        const isFirst = I.and(I.eqz(found), F.eq(value, value));
        f.if(both(I.or(isBetter(value, best), isFirst), present)!, () => {
          f.set(found, i32(1));
          f.set(best, value);
          for (const [index, each] of at.entries()) f.set(place[index], each);
        });
      };
      source.iterate(pick, [{ lambda, environment }]);
      return optionalCode(emitter, source.at(place, found).code(), found);
    },
  };
}
