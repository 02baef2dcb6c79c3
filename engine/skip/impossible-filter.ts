/** Which filter no event of a partition can pass, from what is known of its columns before any of them is read. Pure. */
import type { ProgramTerms } from "../program/program.ts";
import type { Column } from "../program/schema.ts";
import { reachable, type Term } from "../program/term.ts";
import { TermBounds } from "./bound-terms.ts";
import type { KnownBounds } from "./bounds.ts";

/** The number of the first filter that cannot be true, whatever the ones before it are; undefined where each may be. */
export function findImpossible(filters: readonly Term[], columns: readonly Column[], known: KnownBounds): number | undefined {
  const bounds = new TermBounds(columns, known);
  const impossible = filters.findIndex((filter) => !bounds.truth(filter).yes);
  return impossible < 0 ? undefined : impossible;
}

/**
 * The program as far as its partial depends on the events of a partition in which no event passes a filter: the filters before that, their weight, and the totals.
 * Undefined where it does not depend on them at all.
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

/** Names of the columns that filters read. */
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
