/** `list.filter(f)`: the elements for which a function gives true, with their positions among themselves. */
import { checkCondition } from "../check/checker.ts";
import { hoist } from "../compile/hoist.ts";
import { boundOf, elementAt, iterate, placesOf, uncounted } from "../compile/list-loops.ts";
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
  iterate(emitter, term, environment, body) {
    const { f } = emitter;
    const [list, lambda] = term.args;
    hoist(emitter, lambda, environment);
    const count = f.variable(i64(0n));
    iterate(emitter, list, environment, (element, place) =>
      emitter.if(emitter.test(lambda, environment, element), () => {
        const position = f.variable(count);
        f.set(count, L.add(count, i64(1n)));
        body({ ...element, position: () => position, place: emitter.newKey() }, place);
      }),
    );
  },
  knowsPositions: () => false,
  places: (emitter, term, environment) => placesOf(emitter, term.args[0], environment),
  at: (emitter, term, environment, place, isThere) => ({
    ...elementAt(emitter, term.args[0], environment, { place, isThere }),
    position: uncounted,
  }),
  length(emitter, term, environment) {
    const [list, lambda] = term.args;
    const count = emitter.f.variable(i64(0n));
    hoist(emitter, lambda, environment);
    iterate(emitter, list, environment, (element) =>
      emitter.f.set(count, L.add(count, L.fromU32(emitter.test(lambda, environment, element)))),
    );
    return count;
  },
  bound: (emitter, term, environment) => boundOf(emitter, term.args[0], environment),
};
