/**
 * Decides in which loops a program's histograms are filled, for compiling and for explaining it. Pure: no code is written here.
 *
 * - `flat`: from a plain column of float32, eight values at a time;
 * - `overContent`: from the content of a list for a whole block of events, regardless of events' borders; four elements at a time if `isWide`;
 * - `perEvent`: inside the loop over events.
 */
import { reachable, type Term } from "../../program/term.ts";
import { type Fill, type FillGroup, groupFills, type Member, valuesOf } from "../emit-events.ts";
import { isFlatFill } from "../fills/emit-flat-fill.ts";
import { canFillWide } from "../fills/emit-wide-fill.ts";
import { type FlatSource, flatSource } from "../fills/flat-source.ts";
import type { ProgramColumns } from "./program-columns.ts";

export interface ContentLoop {
  readonly group: FillGroup & { readonly base: Term };
  /** The list of the schema whose content is read. */
  readonly list: Term;
  readonly isWide: boolean;
}

export interface LoopPlan {
  readonly flat: readonly { readonly fill: Fill; readonly source: FlatSource }[];
  readonly overContent: readonly ContentLoop[];
  readonly perEvent: readonly Fill[];
  /** Whether there is a loop over events, for `perEvent`, filters or totals. */
  readonly hasEventLoop: boolean;
}

export interface WhatIsFilled {
  readonly fills: readonly Fill[];
  readonly totals: ReadonlyMap<Term, number>;
  readonly columns: ProgramColumns;
}

export function planLoops(members: readonly Member[], { fills, totals, columns }: WhatIsFilled): LoopPlan {
  const isFiltered = ({ member }: Fill) => member.program.filters.length > 0;
  const flat: { fill: Fill; source: FlatSource }[] = [];
  const rest = groupFills(fills.filter((fill) => !isFiltered(fill))).map((group) => {
    if (group.filter) return group;
    const sources = new Map(group.fills.map((fill) => [fill, flatSourceOf(columns, fill)]));
    for (const [fill, source] of sources) if (source) flat.push({ fill, source });
    return { ...group, fills: group.fills.filter((fill) => !sources.get(fill)) };
  });
  const groups = rest.filter((group) => group.fills.length > 0);
  const overContent = groups.filter(isFreeOfEvents);
  const perEvent = [
    ...groups.filter((group) => !(overContent as readonly FillGroup[]).includes(group)).flatMap((group) => group.fills),
    ...fills.filter(isFiltered),
  ];
  return {
    flat,
    overContent: overContent.map((group) => ({
      group,
      list: reachable([group.base]).find((term) => term.operation === "collection" && term.args.length === 0)!,
      isWide: canFillWide({ columns }, { base: group.base, histograms: group.fills }),
    })),
    perEvent,
    hasEventLoop:
      perEvent.length > 0 || totals.size > 0 || members.some(({ program }) => program.filters.length > 0 || program.rows !== undefined),
  };
}

const flatSourceOf = (columns: ProgramColumns, { histogram, layout }: Fill): FlatSource | undefined =>
  isFlatFill(histogram, layout) ? flatSource(columns, histogram.axes[0].value) : undefined;

/**
 * Whether one loop over a list's content can serve all events, since nothing depends on the event of an element. The list may be mapped, filtered once
 * and mapped again, but not used otherwise, since here it would be the list of all events at once.
 */
function isFreeOfEvents(group: FillGroup): group is FillGroup & { readonly base: Term } {
  const { filter, base, fills } = group;
  if (filter || !base) return false;
  const values = fills.flatMap(({ histogram }) => valuesOf(histogram));
  const lists = new Set<Term>();
  const sourceOf = (list: Term): Term => {
    lists.add(list);
    return list.operation === "map" || (list === base && list.operation === "filter") ? sourceOf(list.args[0]) : list;
  };
  const [source] = values.filter(({ type }) => type.kind === "list").map(sourceOf);
  const isOfEvent = ({ operation, args }: Term) =>
    operation === "column" || operation === "position" || (operation === "collection" && args.length === 0);
  return (
    source.operation === "collection" &&
    reachable(values).every((term) => lists.has(term) || (!isOfEvent(term) && !term.args.some((arg) => lists.has(arg))))
  );
}
