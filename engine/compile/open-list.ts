/** How operators get at the lists they are over: a list that is searched and that several terms use is searched once, and its places are kept. */
import type { Term } from "../program/term.ts";
import { type Expression, i64, L, select } from "../wasm/instructions.ts";
import type { Environment, ListCode } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import { isWorthKeeping, keepList } from "./kept-list.ts";
import { keyOf } from "./key-of.ts";
import type { List, Numbered } from "./list.ts";

export type NumberedList = List & { readonly numbered: () => Numbered };

/** `isKept` false: never by its kept places. */
export function openList(emitter: Emitter, list: Term, outer: Environment, { isKept = true } = {}): NumberedList {
  // The list that a parameter, or a member of one, stands for; any other is itself.
  const { term, environment, present } = emitter.lower(list, outer) as ListCode;
  const operator = emitter.operators[term.operation];
  if (operator.kind !== "list") throw new Error(`Cannot loop over ${term.operation}: it makes no list`);
  // Once: the lists that a list is made of may be many more than its terms.
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

/** The same loop, which says of which list it is. */
function inList(emitter: Emitter, term: Term, iterate: List["iterate"]): List["iterate"] {
  return (...args) => {
    const outer = emitter.list;
    emitter.list = term;
    iterate(...args);
    emitter.list = outer;
  };
}

/** The list without its elements where it is missing: it is computed all the same, of whatever its environment then is. */
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

/** The position of an element that lies at a place of a list that does not know positions: who asks for it has to count. */
export const uncounted = (): Expression => {
  throw new Error("Cannot tell the position of an element from its place alone");
};
