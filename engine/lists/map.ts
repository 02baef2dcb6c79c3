/** `list.map(f)`: the value of f for each element, computed inside the loop over the list. */
import { oneFunction } from "../check/method-call.ts";
import type { Element, Environment } from "../compile/code.ts";
import type { Emitter } from "../compile/emitter.ts";
import { hoist } from "../compile/hoist.ts";
import { keyOf } from "../compile/key-of.ts";
import { openList } from "../compile/open-list.ts";
import { mapOver } from "../program/make-terms.ts";
import type { Term } from "../program/term.ts";
import { I, L } from "../wasm/instructions.ts";
import type { ListOperator } from "./list-operator.ts";

export const map: ListOperator = {
  kind: "list",
  cost: 1,
  isSearch: false,
  method: (methodCall) => mapOver(methodCall.checker.terms, methodCall.list, oneFunction(methodCall)),
  open(emitter, term, environment) {
    const [list, lambda] = term.args;
    const source = openList(emitter, list, environment);
    const apply = (element: Element) => mapped(emitter, term, environment, element);
    // If only counting tells an element's position, the position is part of the place. It fits in 32 bits, since the number of places that
    // can be kept also bounds the length of the mapped list.
    const isCounted = usesPositions(lambda) && !source.knowsPositions;
    return {
      ...source,
      places: source.places + (isCounted ? 1 : 0),
      takesScratch: source.takesScratch || lambda.hasLists,
      iterate(body) {
        hoist(emitter, lambda, environment);
        source.iterate(
          (element, place) => body(apply(element), isCounted ? [...place, emitter.keep(I.wrapI64(element.position()))] : place),
          [{ lambda, environment }],
        );
      },
      at(place, isThere) {
        if (!isCounted) return apply(source.at(place, isThere));
        const position = () => L.fromU32(place[place.length - 1]);
        return apply({ ...source.at(place.slice(0, -1), isThere), position, place: emitter.newKey() });
      },
      numbered() {
        const { runs, ...elements } = source.numbered();
        return { ...elements, at: (handle, isThere) => apply(elements.at(handle, isThere)) };
      },
    };
  },
};

/** The list below all maps. Layers that make a list missing are removed, too: the list below is then empty, so the number of elements is the same. */
export const unmapped = (list: Term): Term => (isLayer(list) ? unmapped(list.args[0]) : list);

const isLayer = ({ operation, literal }: Term): boolean => operation === "map" || (operation === "where" && literal === undefined);

/** The element of `list` that belongs to an element of `base`, the list below all its maps. */
export function mappedFrom(emitter: Emitter, list: Term, base: Term, element: Element): Element {
  if (list === base) return element;
  const inner = mappedFrom(emitter, list.args[0], base, element);
  return list.operation === "map" ? mapped(emitter, list, [], inner) : inner;
}

function mapped(emitter: Emitter, term: Term, environment: Environment, element: Element): Element {
  const [, lambda] = term.args;
  const place = usesPositions(lambda) ? `#${element.place}` : "";
  const { members: _ofTuple, ...rest } = element;
  return {
    ...rest,
    // The same element under the same map has the same key.
    key: `${element.key}${place}/${keyOf(term, environment)}`,
    code: () => emitter.apply(lambda, environment, element),
  };
}

export const usesPositions = (lambda: Term): boolean => ((lambda.args[0].positions >>> Number(lambda.literal)) & 1) === 1;
