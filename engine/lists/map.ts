/** `list.map(f)`: what a function gives for each element, computed inside the loop over the list. */
import { checkFunction } from "../check/checker.ts";
import type { Element, Environment } from "../compile/code.ts";
import { type Emitter, keyOf } from "../compile/emitter.ts";
import { hoist } from "../compile/hoist.ts";
import { boundOf, elementAt, iterate, knowsPositions, lengthOf, numbered, placesOf } from "../compile/list-loops.ts";
import { mapOver } from "../program/make-terms.ts";
import type { Term } from "../program/term.ts";
import { I, L } from "../wasm/instructions.ts";
import { type ListOperator, oneArgument } from "./list-operator.ts";

declare module "../program/term.ts" {
  interface ListOperations {
    readonly map: true;
  }
}

export const map: ListOperator = {
  kind: "list",
  cost: 1,
  isSearch: false,
  method: (list, call, checker) => mapOver(checker.terms, list, checkFunction(oneArgument(call), list.type, "map", call, checker)),
  iterate(emitter, term, environment, body) {
    const [list, lambda] = term.args;
    const isCounted = countsPositions(emitter, term, environment);
    hoist(emitter, lambda, environment);
    iterate(emitter, list, environment, (element, place) =>
      body(mapped(emitter, term, environment, element), isCounted ? [...place, emitter.keep(I.wrapI64(element.position()))] : place),
    );
  },
  places: (emitter, term, environment) =>
    placesOf(emitter, term.args[0], environment) + (countsPositions(emitter, term, environment) ? 1 : 0),
  at(emitter, term, environment, place, isThere) {
    const [list] = term.args;
    if (!countsPositions(emitter, term, environment))
      return mapped(emitter, term, environment, elementAt(emitter, list, environment, { place, isThere }));
    const element = elementAt(emitter, list, environment, { place: place.slice(0, -1), isThere });
    const position = () => L.fromU32(place[place.length - 1]);
    return mapped(emitter, term, environment, { ...element, position, place: emitter.newKey() });
  },
  length: (emitter, term, environment) => lengthOf(emitter, term.args[0], environment),
  bound: (emitter, term, environment) => boundOf(emitter, term.args[0], environment),
  numbered(emitter, term, environment) {
    const source = numbered(emitter, term.args[0], environment);
    return { ...source, at: (handle, isThere) => mapped(emitter, term, environment, source.at(handle, isThere)) };
  },
  knowsPositions: (emitter, term, environment) => knowsPositions(emitter, term.args[0], environment),
};

/** The list whose elements are these, before they were mapped. */
export const unmapped = (list: Term): Term => (list.operation === "map" ? unmapped(list.args[0]) : list);

export function mapped(emitter: Emitter, term: Term, environment: Environment, element: Element): Element {
  const [, lambda] = term.args;
  const place = usesPositions(lambda) ? `#${element.place}` : "";
  return {
    ...element,
    // Equal for equal elements under the same map.
    key: `${element.key}${place}/${keyOf(term, environment)}`,
    code: () => emitter.apply(lambda, environment, element),
  };
}

const usesPositions = (lambda: Term): boolean => ((lambda.args[0].positions >>> Number(lambda.literal)) & 1) === 1;

/**
 * Whether the function asks for positions that only counting tells: then they are part of the place. 32 bits hold them: the bound of
 * a list whose places are kept is also that of the list that was mapped.
 */
const countsPositions = (emitter: Emitter, { args: [list, lambda] }: Term, environment: Environment): boolean =>
  usesPositions(lambda) && !knowsPositions(emitter, list, environment);
