/** `list.filter(f)`: the elements for which a function gives true, with their positions among themselves. */
import { checkCondition } from "../check/checker.ts";
import { hoist } from "../compile/hoist.ts";
import { openList, uncounted } from "../compile/open-list.ts";
import { i64, L } from "../wasm/instructions.ts";
import { type ListOperator, oneArgument } from "./list-operator.ts";

declare module "../program/term.ts" {
  interface ListOperations {
    readonly filter: true;
  }
}

export const filter: ListOperator = {
  kind: "list",
  cost: 1,
  isSearch: true,
  method: (list, call, checker) =>
    checker.terms.make("filter", list.type, [list, checkCondition(oneArgument(call), list.type, "filter", call, checker)]),
  open(emitter, term, environment) {
    const { f } = emitter;
    const [list, lambda] = term.args;
    const source = openList(emitter, list, environment);
    return {
      ...source,
      knowsPositions: false,
      numbered: undefined,
      iterate(body) {
        hoist(emitter, lambda, environment);
        const count = f.variable(i64(0n));
        source.iterate((element, place) =>
          emitter.if(emitter.test(lambda, environment, element), () => {
            const position = f.variable(count);
            f.set(count, L.add(count, i64(1n)));
            body({ ...element, position: () => position, place: emitter.newKey() }, place);
          }),
        );
      },
      at: (place, isThere) => ({ ...source.at(place, isThere), position: uncounted }),
      length() {
        const count = f.variable(i64(0n));
        hoist(emitter, lambda, environment);
        source.iterate((element) => f.set(count, L.add(count, L.fromU32(emitter.test(lambda, environment, element)))));
        return count;
      },
    };
  },
};
