/** Writes a list of a program for people, in errors. Programs do not have the names of defines, so the list's expression is written out. */
import { TermWriter } from "../explain/write-term.ts";
import { type Program, rootsOf } from "../program/program.ts";
import { type ProgramSource, readTerms } from "../program/source.ts";
import { reachable, Terms } from "../program/term.ts";

/** The list that the term with this number in the program makes. */
export function nameList(program: Program, source: ProgramSource, number: number): string {
  const roots = rootsOf(readTerms(program, source, new Terms(Number.POSITIVE_INFINITY)));
  const term = reachable(roots)[number];
  if (!term) return "lists inside lists";
  return new TermWriter(roots, { schema: { columns: source.columns, unsupported: [] } }).write(term).text;
}
