/** `list.find(f)`: the first element for which f is true; missing if there is none. The loop ends at that element. */
import { oneCondition } from "../check/method-call.ts";
import { hoist } from "../compile/hoist.ts";
import { openList } from "../compile/open-list.ts";
import { optionalCode } from "../compile/optional-code.ts";
import { i32 } from "../wasm/instructions.ts";
import { elementTypeOf, type ListOperator } from "./list-operator.ts";

export const find: ListOperator = {
  kind: "value",
  cost: 20,
  method(methodCall) {
    const type = elementTypeOf(methodCall);
    return methodCall.checker.terms.make("find", type, [methodCall.list, oneCondition(methodCall)]);
  },
  lower(emitter, term, environment) {
    const { f } = emitter;
    const [list, lambda] = term.args;
    const source = openList(emitter, list, environment);
    const found = f.variable(i32(0));
    const place = Array.from({ length: source.places }, () => f.variable(i32(0)));
    hoist(emitter, lambda, environment);
    f.block((end) => {
      source.iterate(
        (element, at) =>
          f.if(emitter.test(lambda, environment, element), () => {
            f.set(found, i32(1));
            for (const [index, each] of at.entries()) f.set(place[index], each);
            f.branch(end);
          }),
        [{ lambda, environment }],
      );
    });
    return optionalCode(emitter, source.at(place, found).code(), found);
  },
};
