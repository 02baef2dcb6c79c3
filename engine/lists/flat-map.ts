/**
 * `list.flatMap(f)`: the elements of the lists that f returns, one list after the other. An element's place is the place of the outer element and
 * the inner element's index.
 */
import { oneFunction } from "../check/method-call.ts";
import { bind, type Element } from "../compile/code.ts";
import { hoist } from "../compile/hoist.ts";
import { openList, uncounted } from "../compile/open-list.ts";
import { ExpressionError } from "../expression/tree.ts";
import { describeType } from "../program/types.ts";
import { type Expression, I, i64, L } from "../wasm/instructions.ts";
import type { ListOperator } from "./list-operator.ts";
import { usesPositions } from "./map.ts";

export const flatMap: ListOperator = {
  kind: "list",
  cost: 2,
  isSearch: false,
  method(methodCall) {
    const { list, call, checker } = methodCall;
    const lambda = oneFunction(methodCall);
    if (lambda.type.kind !== "list") {
      const [tree] = call.args;
      const message = `the function of flatMap gives a list, but this is ${describeType(lambda.type)}: use map`;
      throw new ExpressionError(message, tree.kind === "lambda" ? tree.body.start : tree.start);
    }
    return checker.terms.make("flatMap", lambda.type, [list, lambda]);
  },
  open(emitter, term, environment) {
    const { f } = emitter;
    const [list, lambda] = term.args;
    const source = openList(emitter, list, environment);
    const inner = (element: Element) => openList(emitter, lambda.args[0], bind(environment, Number(lambda.literal), element));
    // As in `map`: if only counting tells an element's position, the position is part of the place.
    const isCounted = usesPositions(lambda) && !source.knowsPositions;
    const total = (each: (element: Element) => Expression): Expression => {
      const sum = f.variable(i64(0n));
      hoist(emitter, lambda, environment);
      source.iterate((element) => f.set(sum, L.add(sum, each(element))));
      return sum;
    };
    return {
      places: source.places + (isCounted ? 1 : 0) + 1,
      knowsPositions: false,
      takesScratch: true,
      iterate(body) {
        const next = f.variable(i64(0n));
        hoist(emitter, lambda, environment);
        source.iterate((element, outer) => {
          const { from, to, at } = inner(element).numbered();
          emitter.loop(from, to, (handle) => {
            const position = f.variable(next);
            f.set(next, L.add(next, i64(1n)));
            const counted = isCounted ? [emitter.keep(I.wrapI64(element.position()))] : [];
            body({ ...at(handle), position: () => position, place: emitter.newKey() }, [...outer, ...counted, handle]);
          });
        });
      },
      at(place, isThere) {
        const handle = place[place.length - 1];
        const lies = source.at(place.slice(0, source.places), isThere);
        const element = isCounted ? { ...lies, position: () => L.fromU32(place[source.places]), place: emitter.newKey() } : lies;
        return { ...inner(element).numbered().at(handle, isThere), position: uncounted };
      },
      length: () => total((element) => inner(element).length()),
      bound: () => total((element) => inner(element).bound()),
    };
  },
};
