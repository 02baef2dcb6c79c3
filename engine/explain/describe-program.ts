/** Describes a program for people: its compiled loops, what it keeps and shares, and where its cost lies. Plain data of bounded size. */
import { fillsOf, memberOf, totalsOf } from "../compile/compile-program.ts";
import { type Fill, groupFills } from "../compile/emit-events.ts";
import type { CompilerNotes } from "../compile/loops/compiler-notes.ts";
import { planLoops } from "../compile/loops/plan-loops.ts";
import { ProgramColumns } from "../compile/loops/program-columns.ts";
import { operators } from "../compile/operators.ts";
import type { HistogramTerms, ProgramTerms } from "../program/program.ts";
import { rootsOf } from "../program/program.ts";
import type { Schema } from "../program/schema.ts";
import { reachable, type Term } from "../program/term.ts";
import type { OneProgram } from "../query/make-program.ts";
import { costOf, ownCost, roughCosts } from "./cost.ts";
import { TermWriter } from "./write-term.ts";

/** The most entries of each list. */
const most = 12;
const longestName = 80;
/** The least cost of a shared term that is listed. */
const leastCost = 6;

/**
 * The form of a compiled loop:
 * - `flat`: over a column with one value per event, four values at a time.
 * - `content`: over the list elements of all events of a block together; four at a time if `wide`.
 * - `events`: over events, and inside over each element of the list `over`.
 */
export interface LoopDescription {
  readonly way: "flat" | "content" | "events";
  readonly over: string;
  readonly wide: boolean;
  readonly filter?: string;
  readonly fills: readonly string[];
}

export interface CostDescription {
  readonly what: string;
  /** A rough number of simple instructions per event. */
  readonly cost: number;
  /** The cost that leaving it out would save, that is, of all terms that nothing else needs. */
  readonly alone: number;
}

export interface SharedTerm {
  readonly text: string;
  /** The number of terms that use it. */
  readonly uses: number;
  readonly cost: number;
}

export interface ProgramDescription {
  readonly cost: number;
  readonly filters: readonly CostDescription[];
  readonly defines: readonly CostDescription[];
  readonly histograms: readonly CostDescription[];
  readonly loops: readonly LoopDescription[];
  /** Lists that are filtered once and kept. */
  readonly kept: readonly string[];
  /** Terms that are computed once for each element of a list instead of once for each tuple. */
  readonly tables: readonly { readonly over: string; readonly things: readonly string[] }[];
  /** Lengths of lists that are counted for a whole block of events, two elements at a time. */
  readonly counted: readonly string[];
  /** Lists of tuples that are computed two tuples at a time. */
  readonly wideTuples: readonly string[];
  readonly shared: readonly SharedTerm[];
}

export function describeProgram({ terms, order, defines }: OneProgram, schema: Schema, notes: CompilerNotes): ProgramDescription {
  const roots = rootsOf(terms);
  const all = reachable(roots);
  const used = new Map<Term, string>([...defines].filter(([, term]) => term.args.length > 0).map(([name, term]) => [term, name]));
  const writer = new TermWriter(all, { schema, names: used });
  const write = (term: Term) => writer.write(term).text;
  const spell = (term: Term) => writer.write(term, { isSpelled: true }).text;
  const namesOf = namesByHistogram(terms, order);
  const alone = costsAlone(terms, all);
  const inProgram = new Set(all);
  const roughly = roughCosts(all);
  const describe = (what: string, parts: readonly Term[], index: number): CostDescription => ({
    what,
    cost: costOf(parts),
    alone: alone[index],
  });
  const count = terms.filters.length;
  return {
    cost: costOf(roots),
    filters: terms.filters.slice(0, most).map((filter, index) => describe(spell(filter), [filter], index)),
    defines: [...defines]
      .filter(([, term]) => inProgram.has(term))
      .sort(([, a], [, b]) => roughly(b) - roughly(a))
      .slice(0, most)
      .map(([what, term]) => ({ what: cut(what), cost: costOf([term]), alone: costWithout(roots, all, term) })),
    histograms: terms.histograms
      .map((histogram, index) => ({ histogram, index, rough: partsOf(histogram).reduce((sum, part) => sum + roughly(part), 0) }))
      .sort((a, b) => b.rough - a.rough)
      .slice(0, most)
      .map(({ histogram, index }) => describe(namesOf(histogram).slice(0, most).join(", "), partsOf(histogram), count + index)),
    loops: describeLoops(terms, schema, { write, namesOf }),
    kept: [...notes.kept].slice(0, most).map(write),
    tables: [...notes.tables]
      .slice(0, most)
      .map(([list, things]) => ({ over: write(list), things: [...things].slice(0, most).map(write) })),
    counted: [...notes.counted].slice(0, most).map(write),
    wideTuples: [...notes.wide].slice(0, most).map(write),
    shared: sharedOf(all, roots, { write, roughly }),
  };
}

/** Shortens a name; a name may be as long as its query. */
const cut = (name: string): string => (name.length <= longestName ? name : `${name.slice(0, longestName)}…`);

const partsOf = ({ axes, filter, weight, sample }: HistogramTerms): readonly Term[] =>
  [...axes.map(({ value }) => value), filter, weight, sample].filter((term) => term !== undefined);

type NamesOf = (histogram: HistogramTerms) => readonly string[];

function namesByHistogram({ histograms }: ProgramTerms, order: OneProgram["order"]): NamesOf {
  const names = new Map<HistogramTerms, string[]>(histograms.map((histogram) => [histogram, []]));
  for (const [name, place] of order) names.get(histograms[place])!.push(cut(name));
  return (histogram) => names.get(histogram)!;
}

function describeLoops(
  terms: ProgramTerms,
  schema: Schema,
  { write, namesOf }: { readonly write: (term: Term) => string; readonly namesOf: NamesOf },
): readonly LoopDescription[] {
  const member = memberOf(terms);
  const columns = new ProgramColumns({ inputs: terms.inputs, schema });
  const plan = planLoops([member], { fills: fillsOf(member), totals: totalsOf(member), columns });
  const filled = (fills: readonly Fill[]) => fills.flatMap(({ histogram }) => namesOf(histogram));
  const loops: LoopDescription[] = [
    ...plan.flat.map(({ fill, source }) => ({ way: "flat" as const, over: source.column.name, wide: true, fills: filled([fill]) })),
    ...plan.overContent.map(({ group, isWide }) => ({
      way: "content" as const,
      over: write(group.base),
      wide: isWide,
      fills: filled(group.fills),
    })),
  ];
  if (plan.hasEventLoop) {
    const groups = groupFills(plan.perEvent).map(({ filter, base, fills }) => ({
      way: "events" as const,
      over: base ? write(base) : "events",
      wide: false,
      ...(filter && { filter: write(filter) }),
      fills: filled(fills),
    }));
    loops.push(...(groups.length > 0 ? groups : [{ way: "events" as const, over: "events", wide: false, fills: [] }]));
  }
  return loops.slice(0, most).map((loop) => ({ ...loop, fills: loop.fills.slice(0, most) }));
}

/** For each filter, then each histogram, the cost of the terms that no other of them needs. */
function costsAlone({ filters, histograms, totals = [], weight }: ProgramTerms, all: readonly Term[]): readonly number[] {
  const groups = [...filters.map((filter) => [filter]), ...histograms.map(partsOf), [...totals, ...(weight ? [weight] : [])]];
  const owner = new Map<Term, number>();
  for (const [index, group] of groups.entries()) {
    for (const term of reachable(group)) owner.set(term, owner.has(term) && owner.get(term) !== index ? -1 : index);
  }
  const costs = groups.map(() => 0);
  for (const term of all) if (owner.get(term)! >= 0) costs[owner.get(term)!] += ownCost(term);
  return costs;
}

/** The cost of a term and of all terms that only it needs. */
function costWithout(roots: readonly Term[], all: readonly Term[], without: Term): number {
  const needed = new Set<Term>();
  for (const root of roots) if (root !== without) needed.add(root);
  let cost = 0;
  for (let index = all.length - 1; index >= 0; index--) {
    const term = all[index];
    if (term === without || !needed.has(term)) cost += ownCost(term);
    else for (const arg of term.args) needed.add(arg);
  }
  return cost;
}

function sharedOf(
  all: readonly Term[],
  roots: readonly Term[],
  { write, roughly }: { readonly write: (term: Term) => string; readonly roughly: (term: Term) => number },
): readonly SharedTerm[] {
  const uses = new Map<Term, number>();
  for (const term of [...all.flatMap(({ args }) => [...new Set(args)]), ...roots]) uses.set(term, (uses.get(term) ?? 0) + 1);
  return all
    .filter((term) => operators[term.operation].kind !== "part" && uses.get(term)! > 1)
    .map((term) => ({ term, uses: uses.get(term)!, cost: roughly(term) }))
    .filter(({ cost }) => cost >= leastCost)
    .sort((a, b) => b.cost * (b.uses - 1) - a.cost * (a.uses - 1))
    .slice(0, most)
    .map(({ term, uses }) => ({ term, uses, cost: costOf([term]) }))
    .map(({ term, ...rest }) => ({ text: write(term), ...rest }));
}
