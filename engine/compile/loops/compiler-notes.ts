/** The decisions of the compiler while it writes the code of a program, for explaining the program. */
import type { Term } from "../../program/term.ts";

export class CompilerNotes {
  /** The lists that are searched once, with the places of their elements kept. */
  readonly kept = new Set<Term>();
  /** For each list from which tuples are made: the terms that are computed once per element. */
  readonly tables = new Map<Term, Set<Term>>();
  /** The lengths that are counted before the loop over events, two elements at a time. */
  readonly counted = new Set<Term>();
  /** The lists of tuples that are computed two at a time. */
  readonly wide = new Set<Term>();

  addTable(list: Term, things: readonly Term[]): void {
    this.tables.set(list, new Set([...(this.tables.get(list) ?? []), ...things]));
  }
}
