/** Opens the lists over which operators work. A list that must be searched and that several terms use is searched once, and its places are kept. */
import type { Term } from "../program/term.ts";
import { type Expression, i64, L, select } from "../wasm/instructions.ts";
import type { Environment, ListCode } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import { isWorthKeeping, keepList } from "./kept-list.ts";
import { keyOf } from "./key-of.ts";
import type { List, Numbered } from "./list.ts";

export type NumberedList = List & { readonly numbered: () => Numbered };

/** Opens a list. With `isKept` false, its places are not kept. */
export function openList(emitter: Emitter, list: Term, outer: Environment, { isKept = true } = {}): NumberedList {
  // Resolves a parameter, or a member of one, to the list for which it stands; other lists stay the same.
  const { term, environment, present } = emitter.lower(list, outer) as ListCode;
  const operator = emitter.operators[term.operation];
  if (operator.kind !== "list") throw new Error(`Cannot loop over ${term.operation}: it makes no list`);
  // Opened once, since opening shared lists again and again could take exponential time.
  const opened = emitter.once(`open ${keyOf(term, environment)}`, () => operator.open(emitter, term, environment));
  const kept = () => keepList(emitter, term, environment);
  const whole = { ...opened, numbered: opened.numbered ?? kept };
  const isSearchedOnce = isKept && operator.isSearch && isWorthKeeping(emitter, term) && (emitter.uses.get(term) ?? 0) >= 2;
  const wanted: NumberedList = isSearchedOnce
    ? {
        ...whole,
        iterate: (body) => kept().iterate(body),
        length: () => emitter.keep(L.fromU32(kept().count)),
        takesScratch: true,
      }
    : whole;
  const named = { ...wanted, iterate: inList(emitter, term, wanted.iterate) };
  return present ? elementsWhere(emitter, named, present) : named;
}

/** The same loop; while it is written, the emitter knows which list it is about. */
function inList(emitter: Emitter, term: Term, iterate: List["iterate"]): List["iterate"] {
  return (...args) => {
    const outer = emitter.list;
    emitter.list = term;
    iterate(...args);
    emitter.list = outer;
  };
}

/** A list that has no elements if it is missing. The underlying list is opened all the same; its elements are undefined then. */
function elementsWhere(emitter: Emitter, list: NumberedList, present: Expression): NumberedList {
  const orZero = (count: Expression) => emitter.keep(select(present, count, i64(0n)));
  return {
    ...list,
    iterate: (body) => list.iterate((element, place) => emitter.if(present, () => body(element, place))),
    length: () => orZero(list.length()),
    bound: () => orZero(list.bound()),
    numbered() {
      const { from, to, at } = list.numbered();
      return { from, to: emitter.keep(select(present, to, from)), at };
    },
  };
}

/** The position of an element in a list that does not know positions: it throws, since callers must count elements instead. */
export const uncounted = (): Expression => {
  throw new Error("Cannot tell the position of an element from its place alone");
};
