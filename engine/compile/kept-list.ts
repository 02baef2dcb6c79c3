/**
 * Keeps the places of a list's elements in scratch, if elements are needed again or by number.
 *
 * Guarantees: nothing is written outside of the scratch that was reserved for the list, even if its bound is wrong; the run traps if that is
 * not enough.
 */
import { reachable, type Term } from "../program/term.ts";
import { type Expression, I, i32, L, load, select, store } from "../wasm/instructions.ts";
import type { Element, Environment } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import { keyOf } from "./key-of.ts";
import type { List, LoopBody, Numbered } from "./list.ts";

export interface KeptList extends Numbered {
  readonly count: Expression;
  iterate(body: LoopBody): void;
}

/** Testing an element again is preferred to keeping its place, up to this cost of the test. */
const cheapTest = 4;
const readOnly: ReadonlySet<string> = new Set(["param", "field", "record", "identified", "which", "number"]);

/** Whether a list that is needed again is worth keeping, since searching again would cost more than reading places. */
export function isWorthKeeping(emitter: Emitter, { operation, args: [source, lambda] }: Term): boolean {
  if (operation !== "filter") return true;
  const isCheap = !lambda.hasLists && emitter.cost(lambda.args[0]) <= cheapTest && isRead(source);
  return emitter.sharesEarly || !isCheap;
}

/** Whether the elements are only read from lists of the schema, without computing. */
function isRead({ operation, args }: Term): boolean {
  if (operation === "collection") return true;
  if (operation === "map") return isRead(args[0]) && reachable([args[1].args[0]]).every((term) => readOnly.has(term.operation));
  return operation === "concat" && args.every(isRead);
}

/** Writes the places of a list's elements to scratch, only once per list. `term` must not be a parameter that stands for a list. */
export function keepList(emitter: Emitter, term: Term, environment: Environment): KeptList {
  const operator = emitter.operators[term.operation];
  if (operator.kind !== "list") throw new Error(`Cannot loop over ${term.operation}: it makes no list`);
  const list = operator.open(emitter, term, environment);
  const bytes = 4 * list.places;
  const { from, count } = emitter.once(`kept ${keyOf(term, environment)}`, () => {
    emitter.notes?.kept.add(term);
    return writePlaces(emitter, list, bytes);
  });

  function placeAt(handle: Expression, isThere?: Expression): readonly Expression[] {
    const address = I.add(from, I.mul(handle, i32(bytes)));
    const readable = emitter.keep(isThere ? select(isThere, address, emitter.param("work")) : address);
    return Array.from({ length: list.places }, (_, index) => {
      const each = load.i32(readable, 4 * index);
      return emitter.keep(isThere ? select(isThere, each, i32(0)) : each);
    });
  }

  function elementAt(handle: Expression, place: readonly Expression[], isThere?: Expression): Element {
    return { ...list.at(place, isThere), position: () => L.fromU32(handle), place: emitter.newKey() };
  }

  return {
    count,
    from: i32(0),
    to: count,
    at: (handle, isThere) => elementAt(handle, placeAt(handle, isThere), isThere),
    iterate: (body) =>
      emitter.loop(i32(0), count, (handle) => {
        const place = placeAt(handle);
        body(elementAt(handle, place), place);
      }),
  };
}

function writePlaces(emitter: Emitter, list: List, bytes: number): { readonly from: Expression; readonly count: Expression } {
  const { f } = emitter;
  const { from, to } = emitter.takeScratch(list.bound(), bytes, { leavesRoom: list.takesScratch });
  const next = f.variable(from);
  const count = f.variable(i32(0));
  list.iterate((_element, place) => {
    f.if(I.geU(next, to), () => emitter.trap("scratch"));
    for (const [index, each] of place.entries()) f.store(store.i32, next, each, 4 * index);
    f.set(next, I.add(next, i32(bytes)));
    f.set(count, I.add(count, i32(1)));
  });
  // The unused end of the reserved scratch is freed, unless the loop has taken scratch behind it, which must stay.
  f.set(emitter.stack, select(I.eq(emitter.stack, to), next, emitter.stack));
  return { from, count };
}
