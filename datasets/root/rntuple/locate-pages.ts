/** Finds the pages that are needed to read a column of a unit, cluster by cluster: those of its values and of the lists around them. Plain data. */
import type { FileColumn, FileDescription } from "../../format.ts";
import type { PageLists } from "./page-lists.ts";
import type { Counted, Forms, StoredColumn, StoredField } from "./stored-field.ts";

/** `PageLists` in the form of a description's `places`. */
export type ClusterPlaces = Omit<PageLists, "entries"> & { readonly entries: Float64Array };

/** The pages of a column in a cluster. */
export interface PageRun {
  readonly column: StoredColumn;
  /** The number of first elements that are 0 and not stored. */
  readonly zeros: number;
  /** For each page four numbers: the byte of the file at which it begins, its stored bytes, its elements, and 1 if a checksum follows it, else 0. */
  readonly pages: readonly number[];
}

/** A range of entries of a cluster, and the pages with their values. */
export interface ClusterPlace {
  /** The first entry, counted from the beginning of the cluster. */
  readonly first: number;
  readonly entries: number;
  /** Whether these are all entries of the cluster. */
  readonly isWhole: boolean;
  /** One for each step with a column, from the outermost inwards, then those of the value and of its characters. */
  readonly runs: readonly PageRun[];
}

export interface PagesPlace {
  readonly kind: "pages";
  readonly stored: StoredField;
  /** If true, not the values are read but whether they are present. */
  readonly isPresence?: true;
  readonly clusters: readonly ClusterPlace[];
}

/** The place of a column in a unit, which may begin and end within clusters. */
export function locatePages(
  { units, places }: Pick<FileDescription, "units" | "places">,
  unit: number,
  { stored: field, presence }: Pick<FileColumn, "stored" | "presence">,
): { readonly elements: readonly number[]; readonly place: PagesPlace } {
  const whole = field as StoredField;
  const stored = presence === undefined ? whole : { ...whole, steps: whole.steps.slice(0, placeOfList(whole, presence)) };
  const isPresence = presence !== undefined;
  const tables = placesOf(places, whole.ntuple);
  const elements: number[] = stored.steps.filter(({ kind }) => kind !== "optional").map(() => 0);
  const clusters: ClusterPlace[] = [];
  for (const { cluster, ...range } of clustersIn(units[unit]!, tables)) {
    const sizes = sizeOf(stored, tables, cluster);
    for (const [level, size] of sizes.elements.entries()) elements[level]! += size;
    clusters.push({ ...range, runs: runsOf(stored, tables, { cluster, isPresence }) });
  }
  return { elements, place: { kind: "pages", stored, ...(isPresence && { isPresence }), clusters } };
}

/** The places of one of a description's RNTuples. All but the first have names that begin with the RNTuple's number. */
function placesOf(places: FileDescription["places"], ntuple = 0): ClusterPlaces {
  if (ntuple === 0) return places as unknown as ClusterPlaces;
  const prefix = placesPrefix(ntuple);
  const own = Object.entries(places).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, values]) => [name.slice(prefix.length), values])) as unknown as ClusterPlaces;
}

export const placesPrefix = (ntuple: number): string => (ntuple === 0 ? "" : `${ntuple}.`);

/** The clusters that have entries of a unit, and which of their entries these are. */
export function* clustersIn(
  { firstEntry, entries }: FileDescription["units"][number],
  places: Pick<ClusterPlaces, "entries">,
): Generator<Omit<ClusterPlace, "runs"> & { readonly cluster: number }> {
  let begin = 0;
  for (const [cluster, count] of places.entries.entries()) {
    const end = begin + count;
    const from = Math.max(begin, firstEntry);
    const to = Math.min(end, firstEntry + entries);
    if (from < to) yield { cluster, first: from - begin, entries: to - from, isWhole: to - from === count };
    begin = end;
  }
}

/** The index of the step that is the list of this level. */
function placeOfList({ steps }: StoredField, level: number): number {
  const lists = steps.flatMap(({ kind }, place) => (kind === "optional" ? [] : [place]));
  return lists[level]!;
}

/** For a cluster, the most elements of each level of lists, and the elements of the value's column or of its characters, whichever are more. */
export function sizeOf(stored: StoredField, places: ClusterPlaces, cluster: number) {
  const elements: number[] = [];
  let slots = places.entries[cluster]!;
  for (const step of stored.steps) {
    if (step.kind === "optional") continue;
    slots = step.kind === "array" ? slots * step.length : mostCounted(step.inner, places, cluster);
    elements.push(slots);
  }
  const { forms, characters } = stored.value;
  const text = characters ? countOf(characters, places, cluster) : 0;
  return { elements, stored: Math.max(text, countOf(forms, places, cluster)) };
}

function mostCounted(counted: readonly Counted[], places: ClusterPlaces, cluster: number): number {
  return counted.reduce((most, { forms, times }) => Math.max(most, Math.floor(countOf(forms, places, cluster) / times)), 0);
}

/** The number of elements of a column in the cluster's pages. */
function countOf(forms: Forms, places: ClusterPlaces, cluster: number): number {
  const [from, to] = pagesOf(formIn(forms, places, cluster), places, cluster);
  let count = 0;
  for (let page = from; page < to; page++) count += places.elements[page]!;
  return count;
}

interface RunsOptions {
  readonly cluster: number;
  readonly isPresence: boolean;
}

function runsOf({ steps, value }: StoredField, places: ClusterPlaces, { cluster, isPresence }: RunsOptions): readonly PageRun[] {
  const runs: PageRun[] = [];
  // The number of elements of the next column, if known.
  let total: number | undefined = places.entries[cluster]!;
  const add = (forms: Forms) => runs.push(runOf(forms, places, { cluster, total }));
  for (const step of steps) {
    if (step.kind === "array") {
      total = total === undefined ? undefined : total * step.length;
      continue;
    }
    add(step.ends);
    total = step.kind === "list" ? mostCounted(step.inner, places, cluster) : undefined;
  }
  if (isPresence) return runs;
  add(value.forms);
  total = undefined;
  if (value.characters) add(value.characters);
  return runs;
}

function runOf(
  forms: Forms,
  places: ClusterPlaces,
  { cluster, total }: { readonly cluster: number; readonly total: number | undefined },
): PageRun {
  const column = formIn(forms, places, cluster);
  const [from, to] = pagesOf(column, places, cluster);
  const pages: number[] = [];
  let count = 0;
  for (let page = from; page < to; page++) {
    pages.push(places.offset[page]!, places.bytes[page]!, places.elements[page]!, places.checked[page]!);
    count += places.elements[page]!;
  }
  const isDeferred = forms.some((form) => form.isDeferred);
  return { column, zeros: isDeferred && total !== undefined && total > count ? total - count : 0, pages };
}

/** The form that has pages in the cluster; the first one if none has. */
function formIn(forms: Forms, { suppressed, entries, starts }: ClusterPlaces, cluster: number): StoredColumn {
  const columns = (starts.length - 1) / entries.length;
  return forms.find(({ id }) => suppressed[cluster * columns + id] === 0) ?? forms[0]!;
}

function pagesOf({ id }: StoredColumn, { starts, entries }: ClusterPlaces, cluster: number): readonly [number, number] {
  const at = cluster * ((starts.length - 1) / entries.length) + id;
  return [starts[at]!, starts[at + 1]!];
}
