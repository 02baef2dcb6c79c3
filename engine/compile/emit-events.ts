/**
 * The loop over events, for one program or for several that are run together: their filters, and behind these their histograms. What several of them need is
 * computed once: filters that all begin with stand around everything else; where they differ, the loop notes which programs an event has passed, and what
 * fills histograms is computed where it passed for any of them.
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

/** A program, and where it adds to. */
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

/** Histograms that are filled in one loop: of one filter, over one list. */
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

/** Events that passed some filters, and their weight. */
interface Counter {
  readonly events: Local;
  readonly weight: Local;
  readonly term: Term | undefined;
  /** Where they are added, relative to the work area. All of these have had the same so far. */
  readonly places: number[];
}

/** Equal for programs of the same first filters. */
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
  /** The events that pass each filter are counted, and not in another loop of these members. */
  readonly isCounted: boolean;
}

export function emitEventLoop(emitter: Emitter, members: readonly Member[], { fills, totals, isCounted }: EventLoop): void {
  const { f } = emitter;
  const counters = openCounters(emitter, isCounted ? members : []);
  /** These have passed the filter of this number. */
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

  /** From the filter of this number on programs differ. */
  const emitApart = (number: number): void => {
    const guards = new Map<string, Local>();
    for (const member of members)
      if (member.program.filters.length > number && !guards.has(chainOf(member))) guards.set(chainOf(member), f.variable(i32(0)));
    noteFrom(members, number, guards);
    // A program that has rows is compiled alone.
    for (const { program, layout } of members) if (program.rows) emitter.inside(() => emitRow(emitter, program.rows!, layout.rows!));
    for (const group of groupFills(fills)) emitGuarded(emitter, group, ({ member }) => guards.get(chainOf(member)));
  };

  const noteFrom = (those: readonly Member[], number: number, guards: ReadonlyMap<string, Local>): void => {
    const next = new Set(those.flatMap(({ program }) => program.filters.slice(number, number + 1)));
    // All are computed before the first branch, so that they share what they have in common.
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

/** Fills where the event has passed the filters of any of the programs; undefined as a guard: it has. */
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

/** `isKept` false: the list is not kept in scratch. */
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

/** Equal for histograms whose cells are found alike; undefined where what was filled before decides it. */
function cellKey({ histogram: { axes } }: Fill): string | undefined {
  if (axes.some(({ axis }) => kindOf(axis).findsRange)) return undefined;
  return axes.map(({ axis, value }) => `${axisKey(axis)} ${value.id}`).join();
}

/** What fills histograms of programs of different filters: it is computed before it is looked which of these the event has passed. */
function termsOfSeveral(fills: readonly Fill[], guardOf: GuardOf): readonly Term[] {
  const guards = new Map<Term, Set<Local | undefined>>();
  for (const fill of fills)
    for (const term of valuesOf(fill.histogram)) guards.set(term, (guards.get(term) ?? new Set()).add(guardOf(fill)));
  return [...guards].filter(([, { size }]) => size > 1).map(([term]) => term);
}
