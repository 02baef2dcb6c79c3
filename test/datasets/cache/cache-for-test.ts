/** Column caches whose loads a test finishes by hand, or that load by themselves. */
import type { Load, Place, ToLoad } from "../../../datasets/cache/cached-column.ts";
import { ColumnCache } from "../../../datasets/cache/column-cache.ts";
import { createSlabs } from "../../../datasets/cache/slab.ts";
import type { ColumnLocation } from "../../../datasets/dataset.ts";
import type { Column } from "../../../engine/program/schema.ts";

export const entries = 1000;
export const never = new AbortController().signal;

export function location(name: string, form: Partial<Column> = {}, values = entries): ColumnLocation {
  const column = { name, dtype: "float64" as const, nullable: false, lists: [], ...form };
  return {
    file: { path: "/data/run.parquet", size: 1, version: "1" },
    format: "none",
    column,
    firstEntry: 0,
    entries,
    elements: column.lists.map(() => values),
    values,
    place: undefined,
  };
}

export interface PendingLoad {
  readonly name: string;
  readonly place: Place;
  finish(values?: number): void;
  fail(error: Error): void;
}

/** A cache whose loads the test finishes by hand. */
export function manual(limit: number, options: { readonly largest?: number } = {}) {
  const loads: PendingLoad[] = [];
  const abandoned: string[] = [];
  const loadOne = ({ location: { column, values: most }, place, signal }: ToLoad) => {
    signal.addEventListener("abort", () => abandoned.push(column.name));
    let finish = (_: number) => {};
    let fail = (_: unknown) => {};
    const done = new Promise<number>((resolve, reject) => {
      finish = resolve;
      fail = reject;
    });
    loads.push({ name: column.name, place, finish: (values = most) => finish(values), fail });
    return done.then((values) => ({ values }));
  };
  const load: Load = (columns) => columns.map(loadOne);
  return { cache: new ColumnCache({ slabs: createSlabs(limit, options), load }), loads, abandoned };
}

/** A cache whose loads fill their column with `fill` and, for a list column, lists of one element. */
export function automatic(limit: number, options: { readonly largest?: number } = {}) {
  const counts = new Map<string, number>();
  const loadOne = ({ location: { column }, place }: ToLoad) => {
    counts.set(column.name, (counts.get(column.name) ?? 0) + 1);
    if (place.offsets.length > 0) offsetsAt(place).set(oneEach);
    return Promise.resolve({ values: entries });
  };
  const load: Load = (columns) => columns.map(loadOne);
  return { cache: new ColumnCache({ slabs: createSlabs(limit, options), load }), counts };
}

export const values = (column: string) => ({ kind: "values", column, dtype: "float64", lists: [] }) as const;
export const oneEach = Uint32Array.from({ length: entries + 1 }, (_, i) => i);
export const offsetsAt = (place: Place) => new Uint32Array(place.slab.memory.buffer, place.offsets[0].address, entries + 1);
export const settle = () => new Promise((resolve) => setImmediate(resolve));
