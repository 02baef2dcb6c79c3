/** `list.filter(f)`: the elements for which f is true, with new positions from 0. */

import { oneCondition } from "../check/method-call.ts";
import type { FunctionOver } from "../compile/code.ts";
import { hoist } from "../compile/hoist.ts";
import { openList, uncounted } from "../compile/open-list.ts";
import { i64, L } from "../wasm/instructions.ts";
import type { ListOperator } from "./list-operator.ts";

export const filter: ListOperator = {
  kind: "list",
  cost: 1,
  isSearch: true,
  method: (methodCall) => methodCall.checker.terms.make("filter", methodCall.list.type, [methodCall.list, oneCondition(methodCall)]),
  open(emitter, term, environment) {
    const { f } = emitter;
    const [list, lambda] = term.args;
    const source = openList(emitter, list, environment);
    const applied = (functions: readonly FunctionOver[]): readonly FunctionOver[] => [
      { lambda, environment },
      ...functions.map((each) => ({ ...each, isConditional: true })),
    ];
    return {
      ...source,
      knowsPositions: false,
      takesScratch: source.takesScratch || lambda.hasLists,
      numbered: undefined,
      iterate(body, functions = []) {
        hoist(emitter, lambda, environment);
        const count = f.variable(i64(0n));
        source.iterate(
          (element, place) =>
            emitter.if(emitter.test(lambda, environment, element), () => {
              const position = f.variable(count);
              f.set(count, L.add(count, i64(1n)));
              body({ ...element, position: () => position, place: emitter.newKey() }, place);
            }),
          applied(functions),
        );
      },
      bound(functions = []) {
        hoist(emitter, lambda, environment);
        return source.bound(applied(functions));
      },
      at: (place, isThere) => ({ ...source.at(place, isThere), position: uncounted }),
      length() {
        const count = f.variable(i64(0n));
        hoist(emitter, lambda, environment);
        source.iterate((element) => f.set(count, L.add(count, L.fromU32(emitter.test(lambda, environment, element)))), applied([]));
        return count;
      },
    };
  },
};
