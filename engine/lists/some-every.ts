/** `list.some(f)` and `list.every(f)`: the loop ends with the first element that decides. */
import { oneCondition } from "../check/method-call.ts";
import { hoist } from "../compile/hoist.ts";
import { openList } from "../compile/open-list.ts";
import { boolean } from "../program/types.ts";
import { I, i32 } from "../wasm/instructions.ts";
import type { ListOperator } from "./list-operator.ts";

/** `start` is the answer for a list without elements; the first element whose condition is the opposite decides. */
function quantifier(name: "some" | "every", start: 0 | 1): ListOperator {
  return {
    kind: "value",
    cost: 20,
    method: (methodCall) => methodCall.checker.terms.make(name, boolean, [methodCall.list, oneCondition(methodCall)]),
    lower(emitter, term, environment) {
      const { f } = emitter;
      const [list, lambda] = term.args;
      const result = f.variable(i32(start));
      hoist(emitter, lambda, environment);
      f.block((end) => {
        openList(emitter, list, environment).iterate(
          (element) => {
            const test = emitter.test(lambda, environment, element);
            f.if(start === 0 ? test : I.eqz(test), () => {
              f.set(result, i32(1 - start));
              f.branch(end);
            });
          },
          [{ lambda, environment }],
        );
      });
      return { kind: "boolean", value: result };
    },
  };
}

export const some: ListOperator = quantifier("some", 0);
export const every: ListOperator = quantifier("every", 1);
