/** How operators get at the lists they are over: a list that is searched and that several terms use is searched once, and its places are kept. */
import type { Term } from "../program/term.ts";
import { type Expression, L } from "../wasm/instructions.ts";
import type { Environment, ListCode } from "./code.ts";
import type { Emitter, List, Numbered } from "./emitter.ts";
import { keepList } from "./kept-list.ts";

/** `isKept` false: never by its kept places. */
export function openList(
  emitter: Emitter,
  list: Term,
  outer: Environment,
  { isKept = true } = {},
): List & { readonly numbered: () => Numbered } {
  // The list that a parameter, or a member of one, stands for; any other is itself.
  const { term, environment } = emitter.lower(list, outer) as ListCode;
  const operator = emitter.operators[term.operation];
  if (operator.kind !== "list") throw new Error(`Cannot loop over ${term.operation}: it makes no list`);
  const opened = operator.open(emitter, term, environment);
  const numbered = opened.numbered ?? (() => keepList(emitter, term, environment));
  if (!isKept || !operator.isSearch || (emitter.uses.get(term) ?? 0) < 2) return { ...opened, numbered };
  return {
    ...opened,
    numbered,
    iterate(body) {
      keepList(emitter, term, environment).iterate(body);
    },
    length: () => emitter.keep(L.fromU32(keepList(emitter, term, environment).count)),
    takesScratch: true,
  };
}

/** The position of an element that lies at a place of a list that does not know positions: who asks for it has to count. */
export const uncounted = (): Expression => {
  throw new Error("Cannot tell the position of an element from its place alone");
};
