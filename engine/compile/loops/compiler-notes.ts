/** What the compiler decides while it writes the code of a program, for who explains it. */
import type { Term } from "../../program/term.ts";

export class CompilerNotes {
  /** Lists that are searched once, and whose elements' places are kept. */
  readonly kept = new Set<Term>();
  /** For each list that tuples are made of, what is computed once for each of its elements. */
  readonly tables = new Map<Term, Set<Term>>();
  /** Lengths that are counted before the loop over events, two elements at a time. */
  readonly counted = new Set<Term>();
  /** Lists of tuples of which two are computed at a time. */
  readonly wide = new Set<Term>();

  addTable(list: Term, things: readonly Term[]): void {
    this.tables.set(list, new Set([...(this.tables.get(list) ?? []), ...things]));
  }
}
