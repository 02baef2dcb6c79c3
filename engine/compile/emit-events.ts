/**
 * Writes the loop over events, for one program or several that run together: their filters, then their histograms. What several programs need is
 * computed once. Leading filters that all share enclose everything else. After these, the loop notes which programs' filters an event has passed, and
 * the values for a histogram are computed if it has passed for any program that needs them.
 */

import { kindOf } from "../axes/axes.ts";
import { mappedFrom, unmapped } from "../lists/map.ts";
import type { HistogramTerms, ProgramTerms } from "../program/program.ts";
import type { Term } from "../program/term.ts";
import { type Expression, F, I, i32, L, type Local, load, store } from "../wasm/instructions.ts";
import { axisKey } from "./alike/number-slots.ts";
import { type FunctionOver, type ScalarCode, truth } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import { emitFill, findCell, isFiniteWeight } from "./fills/emit-fill.ts";
import { emitRow } from "./fills/emit-row.ts";
import { emitTotal } from "./fills/emit-total.ts";
import { hoist } from "./hoist.ts";
import { openList } from "./open-list.ts";
import { countBeforehand } from "./tables/running-counts.ts";
import type { HistogramLayout, Layout } from "./work-area.ts";

/** A program, and the layout of its sums in the work area. */
export interface Member {
  readonly program: ProgramTerms;
  readonly layout: Layout;
}

/** A histogram of a member. */
export interface Fill {
  readonly member: Member;
  readonly histogram: HistogramTerms;
  readonly layout: HistogramLayout;
}

/** Histograms that are filled in one loop, since they have the same filter and list. */
export interface FillGroup {
  readonly filter?: Term;
  readonly base?: Term;
  readonly fills: readonly Fill[];
}

export function groupFills(fills: readonly Fill[]): readonly FillGroup[] {
  const groups = new Map<string, { filter?: Term; base?: Term; fills: Fill[] }>();
  for (const fill of fills) {
    const { filter } = fill.histogram;
    const list = valuesOf(fill.histogram).find((term) => term.type.kind === "list");
    const base = list && unmapped(list);
    const key = `${filter?.id} ${base?.id}`;
    const group = groups.get(key) ?? { ...(filter && { filter }), ...(base && { base }), fills: [] };
    group.fills.push(fill);
    groups.set(key, group);
  }
  return [...groups.values()];
}

export const valuesOf = ({ axes, weight, sample }: HistogramTerms): readonly Term[] =>
  [...axes.map(({ value }) => value), weight, sample].filter((term) => term !== undefined);

export const termsOf = (histogram: HistogramTerms): readonly Term[] => [
  ...valuesOf(histogram),
  ...(histogram.filter ? [histogram.filter] : []),
];

/** Counts the events that passed some filters, and their weight. */
interface Counter {
  readonly events: Local;
  readonly weight: Local;
  readonly term: Term | undefined;
  /** Where both are added, relative to the work area. Several places share a counter if their filters so far are the same. */
  readonly places: number[];
}

/** A key that is equal for programs with the same first filters. */
export const chainOf = ({ program: { filters } }: Member, length = filters.length): string =>
  filters
    .slice(0, length)
    .map(({ id }) => id)
    .join();

export interface EventLoop {
  /** The histograms that are filled event by event. */
  readonly fills: readonly Fill[];
  /** Where each total is added, relative to the work area. */
  readonly totals: ReadonlyMap<Term, number>;
  /** Whether this loop counts the events that pass each filter; exactly one loop of these members does. */
  readonly isCounted: boolean;
}

export function emitEventLoop(emitter: Emitter, members: readonly Member[], { fills, totals, isCounted }: EventLoop): void {
  const { f } = emitter;
  const counters = openCounters(emitter, isCounted ? members : []);
  /** Counts the event for these members, whose filter of this number it has passed. */
  const count = (passing: readonly Member[], number: number): void => {
    for (const key of isCounted ? new Set(passing.map((member) => counterOf(member, number))) : []) {
      const { events, weight, term } = counters.get(key)!;
      f.set(events, I.add(events, i32(1)));
      if (term) addFinite(emitter, weight, emitter.scalar(term, []));
    }
  };

  const emitFrom = (number: number): void => {
    const [filter, ...others] = new Set(members.map(({ program }) => program.filters[number]));
    if (!filter || others.length > 0) {
      emitApart(number);
      return;
    }
    emitter.if(truth(emitter.scalar(filter, [])), () => {
      count(members, number);
      emitFrom(number + 1);
    });
  };

  /** Writes the filters from this number on, where the programs differ, and then the histograms. */
  const emitApart = (number: number): void => {
    const guards = new Map<string, Local>();
    for (const member of members)
      if (member.program.filters.length > number && !guards.has(chainOf(member))) guards.set(chainOf(member), f.variable(i32(0)));
    noteFrom(members, number, guards);
    // No guard is needed for rows, since a program with rows is compiled alone.
    for (const { program, layout } of members) if (program.rows) emitter.inside(() => emitRow(emitter, program.rows!, layout.rows!));
    for (const group of groupFills(fills)) emitGuarded(emitter, group, ({ member }) => guards.get(chainOf(member)));
  };

  const noteFrom = (those: readonly Member[], number: number, guards: ReadonlyMap<string, Local>): void => {
    const next = new Set(those.flatMap(({ program }) => program.filters.slice(number, number + 1)));
    // All tests are computed before the first branch, so that what they have in common is computed once.
    const tests = [...next].map((filter) => ({ filter, test: emitter.keep(truth(emitter.scalar(filter, []))) }));
    for (const { filter, test } of tests) {
      const passing = those.filter(({ program }) => program.filters[number] === filter);
      emitter.if(test, () => {
        count(passing, number);
        for (const member of passing) if (member.program.filters.length === number + 1) f.set(guards.get(chainOf(member))!, i32(1));
        noteFrom(passing, number + 1, guards);
      });
    }
  };

  countBeforehand(emitter, [...members.flatMap(({ program }) => program.filters), ...fills.flatMap(({ histogram }) => termsOf(histogram))]);
  const scratch = f.variable(emitter.stack);
  f.count(emitter.param("begin"), emitter.param("end"), (event) => {
    f.set(emitter.stack, scratch);
    emitter.event = event;
    emitter.inside(() => {
      for (const [total, at] of totals) {
        const value = emitter.scalar(total, []);
        emitter.inside(() => emitTotal(emitter, value, at, total.type));
      }
      emitFrom(0);
    });
  });
  writeCounters(emitter, counters.values());
}

const counterOf = (member: Member, number: number): string => `${chainOf(member, number + 1)} ${member.program.weight?.id}`;

function openCounters(emitter: Emitter, members: readonly Member[]): ReadonlyMap<string, Counter> {
  const { f } = emitter;
  const counters = new Map<string, Counter>();
  for (const member of members) {
    for (const number of member.program.filters.keys()) {
      const key = counterOf(member, number);
      const at = member.layout.cutflow + 16 * number;
      const known = counters.get(key);
      if (known) known.places.push(at);
      else {
        const weight = f.variable(load.f64(emitter.param("work"), at + 8));
        counters.set(key, { events: f.variable(i32(0)), weight, term: member.program.weight, places: [at] });
      }
    }
  }
  return counters;
}

function writeCounters(emitter: Emitter, counters: Iterable<Counter>): void {
  const { f } = emitter;
  const work = emitter.param("work");
  for (const { events, weight, places } of counters) {
    for (const at of places) {
      f.store(store.i64, work, L.add(load.i64(work, at), L.fromI32(events)), at);
      f.store(store.f64, work, weight, at + 8);
    }
  }
}

function addFinite(emitter: Emitter, sum: Local, weight: ScalarCode): void {
  const finite = isFiniteWeight(weight.value);
  emitter.if(weight.present ? I.and(finite, weight.present) : finite, () => emitter.f.set(sum, F.add(sum, weight.value)));
}

type GuardOf = (fill: Fill) => Local | undefined;

/** Fills the histograms if the event has passed the filters of any of the programs. An undefined guard means that it always has. */
function emitGuarded(emitter: Emitter, group: FillGroup, guardOf: GuardOf): void {
  const guards = [...new Set(group.fills.map(guardOf))];
  const isShared = guards.length > 1;
  const fill = () => {
    const emit = () => emitGroup(emitter, group, isShared ? { guardOf } : {});
    if (group.filter) emitter.if(truth(emitter.scalar(group.filter, [])), emit);
    else emit();
  };
  if (guards.includes(undefined)) fill();
  else emitter.if(guards.map((guard): Expression => guard!).reduce(I.or), fill);
}

/** Writes the loop of a group. With `isKept` false, its list is not kept in scratch. */
export function emitGroup(
  emitter: Emitter,
  { base, fills }: FillGroup,
  { guardOf, ...options }: { readonly isKept?: boolean; readonly guardOf?: GuardOf } = {},
): void {
  const shared = guardOf ? termsOfSeveral(fills, guardOf) : [];
  const fillsOfCell = new Map<string | undefined, number>();
  for (const fill of fills) fillsOfCell.set(cellKey(fill), (fillsOfCell.get(cellKey(fill)) ?? 0) + 1);
  const fillAll = (evaluate: (term: Term) => ScalarCode) => {
    for (const term of shared) evaluate(term);
    const cells = new Map<string, Expression>();
    const cellOf = (fill: Fill): Expression | undefined => {
      const key = cellKey(fill);
      if (key === undefined || fillsOfCell.get(key)! < 2) return undefined;
      const { histogram, layout } = fill;
      const values = () => histogram.axes.map(({ value }) => evaluate(value));
      const cell = cells.get(key) ?? findCell(emitter, histogram, layout, values());
      cells.set(key, cell);
      return cell;
    };
    for (const fill of fills) {
      const { histogram, layout } = fill;
      const guard = guardOf?.(fill);
      const cell = cellOf(fill);
      const evaluated = () => ({
        cell,
        values: histogram.axes.map(({ value }) => evaluate(value)),
        weight: histogram.weight && evaluate(histogram.weight),
        sample: histogram.sample && evaluate(histogram.sample),
      });
      if (guard) emitter.if(guard, () => emitFill(emitter, histogram, layout, evaluated()));
      else {
        const element = evaluated();
        emitter.inside(() => emitFill(emitter, histogram, layout, element));
      }
    }
  };
  if (!base) {
    fillAll((term) => emitter.scalar(term, []));
    return;
  }
  const functions: FunctionOver[] = [];
  for (const { histogram } of fills) {
    for (const term of valuesOf(histogram)) {
      if (term.type.kind !== "list") emitter.scalar(term, []);
      else
        for (let list = term; list !== base; list = list.args[0]) {
          const [source, lambda]: readonly Term[] = list.args;
          if (list.operation !== "map") continue;
          hoist(emitter, lambda, []);
          if (source === base) functions.push({ lambda, environment: [] });
        }
    }
  }
  openList(emitter, base, [], options).iterate(
    (element) =>
      fillAll((term) =>
        term.type.kind === "list" ? (mappedFrom(emitter, term, base, element).code() as ScalarCode) : emitter.scalar(term, []),
      ),
    functions,
  );
}

/** A key that is equal for histograms whose cells are found alike; undefined if earlier fills influence the cell. */
function cellKey({ histogram: { axes } }: Fill): string | undefined {
  if (axes.some(({ axis }) => kindOf(axis).findsRange)) return undefined;
  return axes.map(({ axis, value }) => `${axisKey(axis)} ${value.id}`).join();
}

/** The terms that fill histograms of programs with different filters. They are computed before the checks which filters the event has passed. */
function termsOfSeveral(fills: readonly Fill[], guardOf: GuardOf): readonly Term[] {
  const guards = new Map<Term, Set<Local | undefined>>();
  for (const fill of fills)
    for (const term of valuesOf(fill.histogram)) guards.set(term, (guards.get(term) ?? new Set()).add(guardOf(fill)));
  return [...guards].filter(([, { size }]) => size > 1).map(([term]) => term);
}
