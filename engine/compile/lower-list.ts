/**
 * Lists are loops, not arrays: `iterate` writes the loop over a list with its maps and filters inside. Only where elements
 * are needed again or by number (pairs, indexes) are the places of the selected ones kept in scratch.
 *
 * A place is where an element lies: for a collection, the number in its content; for a pair, those of both members; after that, for
 * each map that asks for positions, the element's.
 */
import type { Term } from "../program/term.ts";
import { type Expression, I, i32, i64, L, load, select, store } from "../wasm/instructions.ts";
import { bind, type Code, type Element, type Environment, type ScalarCode, truth } from "./code.ts";
import { type Emitter, keyOf } from "./emitter.ts";
import { hoist } from "./hoist.ts";

type Body = (element: Element, place: readonly Expression[]) => void;

/** Elements by number: handles go from `from` up to, not including, `to`. */
export interface Numbered {
  readonly from: Expression;
  readonly to: Expression;
  /** With `isThere`: where that is 0 the handle is that of no element, and what is read is anything. */
  at(handle: Expression, isThere?: Expression): Element;
}

/** A list that is a parameter is the list it stands for. */
function resolve(emitter: Emitter, term: Term, environment: Environment): { readonly term: Term; readonly environment: Environment } {
  if (term.operation !== "param" && term.operation !== "member") return { term, environment };
  const code = emitter.lower(term, environment) as Extract<Code, { kind: "list" }>;
  return resolve(emitter, code.term, code.environment);
}

export function iterate(emitter: Emitter, list: Term, outer: Environment, body: Body): void {
  const { term, environment } = resolve(emitter, list, outer);
  switch (term.operation) {
    case "collection": {
      const { from, to } = rangeOf(emitter, term);
      emitter.loop(from, to, (index) => body(collectionElement(emitter, term, index, from), [index]));
      break;
    }
    case "map":
      hoist(emitter, term, environment);
      iterate(emitter, term.args[0], environment, (element, place) =>
        body(
          mapped(emitter, term, environment, element),
          keepsPosition(emitter, term, environment) ? [...place, element.position()] : place,
        ),
      );
      break;
    case "filter":
      if (worthKeeping(emitter, term)) iterateKept(emitter, term, environment, body);
      else iterateSelected(emitter, term, environment, body);
      break;
    case "pairs":
      iteratePairs(emitter, term, environment, body);
      break;
    default:
      throw new Error(`cannot iterate over ${term.operation}`);
  }
}

const rangeOf = (emitter: Emitter, term: Term) =>
  emitter.once(`range ${term.literal}`, () => emitter.range(String(term.literal), emitter.event));

/** An element of a collection, at this number of its content. */
export function collectionElement(emitter: Emitter, term: Term, index: Expression, from: Expression): Element {
  const key = emitter.newKey();
  const isRecord = term.type.kind === "list" && term.type.element.kind === "record";
  const read = (field: string | undefined): ScalarCode =>
    emitter.once(`${key}.${field}`, () => emitter.read(emitter.fieldColumn(String(term.literal), field), index));
  return {
    key,
    code: () => (isRecord ? { kind: "record", get: read, index } : read(undefined)),
    position: () => emitter.keep(I.sub(index, from)),
    place: key,
  };
}

function mapped(emitter: Emitter, term: Term, environment: Environment, element: Element): Element {
  return {
    key: mappedKey(term, environment, element),
    code: () => emitter.lower(term.args[1], bind(environment, Number(term.literal), element)),
    position: element.position,
    place: element.place,
  };
}

/** Equal for equal elements under the same map. */
export function mappedKey(term: Term, environment: Environment, { key, place }: Element): string {
  const usesPlace = (term.args[1].positions >>> Number(term.literal)) & 1;
  return `${key}${usesPlace ? `#${place}` : ""}/${keyOf(term, environment)}`;
}

/** The selected elements only, with their places among themselves. */
function iterateSelected(emitter: Emitter, term: Term, environment: Environment, body: Body): void {
  const { f } = emitter;
  hoist(emitter, term, environment);
  const count = f.variable(i32(0));
  iterate(emitter, term.args[0], environment, (element, place) => {
    const test = emitter.scalar(term.args[1], bind(environment, Number(term.literal), element));
    emitter.if(truth(test), () => {
      const position = f.variable(count);
      f.set(count, I.add(count, i32(1)));
      body({ ...element, position: () => position, place: emitter.newKey() }, place);
    });
  });
}

function iteratePairs(emitter: Emitter, term: Term, environment: Environment, body: Body): void {
  const { f } = emitter;
  const list = numbered(emitter, term.args[0], environment);
  const count = f.variable(i32(0));
  emitter.loop(list.from, list.to, (first) => {
    const a = list.at(first);
    emitter.loop(emitter.keep(I.add(first, i32(1))), list.to, (second) => {
      const b = list.at(second);
      const position = f.variable(count);
      f.set(count, I.add(count, i32(1)));
      body(pair(a, b, { position: () => position, place: emitter.newKey() }), [first, second]);
    });
  });
}

const pair = (a: Element, b: Element, where: Pick<Element, "position" | "place">): Element => ({
  key: `(${a.key},${b.key})`,
  code: () => ({ kind: "tuple", members: [a.code(), b.code()] }),
  ...where,
});

/** Elements by number; what has to be searched for them is kept in scratch. */
export function numbered(emitter: Emitter, list: Term, outer: Environment): Numbered {
  const { term, environment } = resolve(emitter, list, outer);
  if (term.operation === "collection") {
    const { from, to } = rangeOf(emitter, term);
    return { from, to, at: (handle) => collectionElement(emitter, term, handle, from) };
  }
  if (term.operation === "map") {
    const source = numbered(emitter, term.args[0], environment);
    return { ...source, at: (handle, isThere) => mapped(emitter, term, environment, source.at(handle, isThere)) };
  }
  const { base, count, arity } = kept(emitter, term, environment);
  return {
    from: i32(0),
    to: count,
    at(handle, isThere) {
      const address = I.add(base, I.mul(handle, i32(4 * arity)));
      const readable = emitter.keep(isThere ? select(isThere, address, emitter.param("work")) : address);
      const place = Array.from({ length: arity }, (_, index) => {
        const each = load.i32(readable, 4 * index);
        return emitter.keep(isThere ? select(isThere, each, i32(0)) : each);
      });
      return { ...elementAt(emitter, term, environment, place, isThere), position: () => handle, place: emitter.newKey() };
    },
  };
}

/** The element that lies at a place. */
function elementAt(emitter: Emitter, list: Term, outer: Environment, place: readonly Expression[], isThere?: Expression): Element {
  const { term, environment } = resolve(emitter, list, outer);
  switch (term.operation) {
    case "collection":
      return collectionElement(emitter, term, place[0], rangeOf(emitter, term).from);
    case "map": {
      if (!keepsPosition(emitter, term, environment))
        return mapped(emitter, term, environment, elementAt(emitter, term.args[0], environment, place, isThere));
      const element = elementAt(emitter, term.args[0], environment, place.slice(0, -1), isThere);
      return mapped(emitter, term, environment, { ...element, position: () => place[place.length - 1], place: emitter.newKey() });
    }
    case "filter":
      return elementAt(emitter, term.args[0], environment, place, isThere);
    default: {
      const members = numbered(emitter, term.args[0], environment);
      return pair(members.at(place[0], isThere), members.at(place[1], isThere), { position: () => i32(0), place: emitter.newKey() });
    }
  }
}

const arityOf = (emitter: Emitter, list: Term, outer: Environment): number => {
  const { term, environment } = resolve(emitter, list, outer);
  if (term.operation === "collection") return 1;
  if (term.operation === "pairs") return 2;
  const position = term.operation === "map" && keepsPosition(emitter, term, environment) ? 1 : 0;
  return arityOf(emitter, term.args[0], environment) + position;
};

/** A map that asks for its elements' positions, over a list that gives them by counting only. */
function keepsPosition(emitter: Emitter, term: Term, environment: Environment): boolean {
  if (((term.args[1].positions >>> Number(term.literal)) & 1) === 0) return false;
  let source = resolve(emitter, term.args[0], environment);
  while (source.term.operation === "map") source = resolve(emitter, source.term.args[0], source.environment);
  return source.term.operation !== "collection";
}

/** Writes the places of a list's elements to scratch, once. */
export function kept(
  emitter: Emitter,
  term: Term,
  environment: Environment,
): { readonly base: Expression; readonly count: Expression; readonly arity: number } {
  return emitter.once(`kept ${keyOf(term, environment)}`, () => {
    const { f } = emitter;
    const arity = arityOf(emitter, term, environment);
    if (term.operation === "pairs") numbered(emitter, term.args[0], environment);
    const most = lengthAtMost(emitter, term, environment);
    const base = emitter.takeScratch(most, 4 * arity);
    const count = f.variable(i32(0));
    const write: Body = (_element, place) => {
      const address = emitter.keep(I.add(base, I.mul(count, i32(4 * arity))));
      for (const [index, each] of place.entries()) f.store(store.i32, address, each, 4 * index);
      f.set(count, I.add(count, i32(1)));
    };
    if (term.operation === "filter") iterateSelected(emitter, term, environment, write);
    else iterate(emitter, term, environment, write);
    return { base, count, arity };
  });
}

function lengthAtMost(emitter: Emitter, list: Term, outer: Environment): Expression {
  const { term, environment } = resolve(emitter, list, outer);
  if (term.operation === "filter" || term.operation === "map") return lengthAtMost(emitter, term.args[0], environment);
  return lengthOf(emitter, term, environment);
}

/** i64, whatever the list: n elements of 32 bits have pairs that need twice as many. */
export function lengthOf(emitter: Emitter, list: Term, outer: Environment): Expression {
  const { term, environment } = resolve(emitter, list, outer);
  switch (term.operation) {
    case "collection": {
      const { from, to } = rangeOf(emitter, term);
      return emitter.keep(L.fromU32(I.sub(to, from)));
    }
    case "map":
      return lengthOf(emitter, term.args[0], environment);
    case "pairs": {
      const n = lengthOf(emitter, term.args[0], environment);
      emitter.f.if(L.gtU(n, i64(0xffff_ffffn)), () => emitter.trap("scratch"));
      return emitter.keep(L.shrU(L.mul(n, L.sub(n, i64(1n))), i64(1n)));
    }
    default: {
      if (worthKeeping(emitter, term)) return emitter.keep(L.fromU32(kept(emitter, term, environment).count));
      const count = emitter.f.variable(i64(0n));
      hoist(emitter, term, environment);
      iterate(emitter, term.args[0], environment, (element) => {
        const test = truth(emitter.scalar(term.args[1], bind(environment, Number(term.literal), element)));
        emitter.f.set(count, L.add(count, L.fromU32(test)));
      });
      return count;
    }
  }
}

/** Selecting is done once where several terms use the selection. */
const worthKeeping = (emitter: Emitter, term: Term): boolean => (emitter.uses.get(term) ?? 0) > 1;

function iterateKept(emitter: Emitter, term: Term, environment: Environment, body: Body): void {
  const list = numbered(emitter, term, environment);
  const { base, arity } = kept(emitter, term, environment);
  emitter.loop(list.from, list.to, (handle) => {
    const place = Array.from({ length: arity }, (_, index) =>
      emitter.keep(load.i32(I.add(base, I.mul(handle, i32(4 * arity))), 4 * index)),
    );
    body({ ...elementAt(emitter, term, environment, place), position: () => handle, place: emitter.newKey() }, place);
  });
}
