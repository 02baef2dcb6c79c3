/** Finds a filter that no event of a partition can pass, from the bounds of its columns alone, before any is read. Pure. */
import type { ProgramTerms } from "../program/program.ts";
import type { Column } from "../program/schema.ts";
import { reachable, type Term } from "../program/term.ts";
import { TermBounds } from "./bound-terms.ts";
import type { KnownBounds } from "./bounds.ts";

/** The index of the first filter that no event can pass; undefined if there is none. */
export function findImpossible(filters: readonly Term[], columns: readonly Column[], known: KnownBounds): number | undefined {
  const bounds = new TermBounds(columns, known);
  const impossible = filters.findIndex((filter) => !bounds.truth(filter).yes);
  return impossible < 0 ? undefined : impossible;
}

/**
 * The part of a program that still must run if no event passes the filter of index `impossible`: the filters before it with their weight, and the
 * totals. Undefined if nothing must run.
 */
export function programBefore({ filters, weight, totals, inputs }: ProgramTerms, impossible: number): ProgramTerms | undefined {
  if (impossible === 0 && !totals) return undefined;
  return {
    inputs,
    filters: filters.slice(0, impossible),
    ...(weight && impossible > 0 && { weight }),
    ...(totals && { totals }),
    histograms: [],
  };
}

/** The names of the columns that filters may read; it may name more, never fewer. */
export function columnsInFilters(filters: readonly Term[], columns: readonly Column[]): readonly string[] {
  const lists = new Set<string>();
  const names = new Set<string>();
  for (const { operation, literal } of reachable(filters)) {
    if (operation === "column" || operation === "field") names.add(String(literal));
    if (operation === "collection") lists.add(String(literal));
  }
  return columns
    .filter(
      ({ name, lists: own, member }) => names.has(name) || (own.some((list) => lists.has(list)) && (!member || names.has(member.field))),
    )
    .map(({ name }) => name);
}
