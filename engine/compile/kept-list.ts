/**
 * Lists whose elements' places are kept in scratch, because they are needed again or by number.
 *
 * Promises: nothing is written outside of what was reserved for the list, whatever its bound and its loop say; where it is not
 * enough the run traps.
 */
import type { Term } from "../program/term.ts";
import { type Expression, I, i32, L, load, select, store } from "../wasm/instructions.ts";
import type { Element, Environment } from "./code.ts";
import { type Emitter, keyOf, type ListLoops, type LoopBody, type Numbered } from "./emitter.ts";

export interface KeptList {
  readonly from: Expression;
  readonly count: Expression;
  /** i32 of each place. */
  readonly places: number;
}

export function loopsOf(emitter: Emitter, term: Term): ListLoops {
  const operator = emitter.operators[term.operation];
  if (operator.kind !== "list") throw new Error(`Cannot loop over ${term.operation}: it makes no list`);
  return operator;
}

/** Writes the places of a list's elements to scratch, once. `term` is not a parameter that stands for a list. */
export function kept(emitter: Emitter, term: Term, environment: Environment): KeptList {
  return emitter.once(`kept ${keyOf(term, environment)}`, () => {
    const { f } = emitter;
    const loops = loopsOf(emitter, term);
    const places = loops.places(emitter, term, environment);
    const { from, to } = emitter.takeScratch(loops.bound(emitter, term, environment), 4 * places);
    const next = f.variable(from);
    const count = f.variable(i32(0));
    loops.iterate(emitter, term, environment, (_element, place) => {
      f.if(I.geU(next, to), () => emitter.trap("scratch"));
      for (const [index, each] of place.entries()) f.store(store.i32, next, each, 4 * index);
      f.set(next, I.add(next, i32(4 * places)));
      f.set(count, I.add(count, i32(1)));
    });
    return { from, count, places };
  });
}

export function iterateKept(emitter: Emitter, term: Term, environment: Environment, body: LoopBody): void {
  const list = kept(emitter, term, environment);
  emitter.loop(i32(0), list.count, (handle) => {
    const place = readPlace(emitter, list, handle);
    body(elementAt(emitter, term, environment, { handle, place }), place);
  });
}

/** The elements of a kept list by number. */
export function numberedKept(emitter: Emitter, term: Term, environment: Environment): Numbered {
  const list = kept(emitter, term, environment);
  return {
    from: i32(0),
    to: list.count,
    at: (handle, isThere) =>
      elementAt(emitter, term, environment, { handle, place: readPlace(emitter, list, handle, isThere), ...(isThere && { isThere }) }),
  };
}

function readPlace(emitter: Emitter, { from, places }: KeptList, handle: Expression, isThere?: Expression): readonly Expression[] {
  const address = I.add(from, I.mul(handle, i32(4 * places)));
  const readable = emitter.keep(isThere ? select(isThere, address, emitter.param("work")) : address);
  return Array.from({ length: places }, (_, index) => {
    const each = load.i32(readable, 4 * index);
    return emitter.keep(isThere ? select(isThere, each, i32(0)) : each);
  });
}

interface Spot {
  readonly handle: Expression;
  readonly place: readonly Expression[];
  readonly isThere?: Expression;
}

function elementAt(emitter: Emitter, term: Term, environment: Environment, { handle, place, isThere }: Spot): Element {
  const element = loopsOf(emitter, term).at(emitter, term, environment, place, isThere);
  return { ...element, position: () => L.fromU32(handle), place: emitter.newKey() };
}
