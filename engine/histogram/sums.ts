/** Exact sums over partials of a storage's quantities, for each cell. They are rounded when they are read. */
import type { StorageKind } from "../storages/storage-kind.ts";
import { ExactSums } from "./exact-sum.ts";

/** The sums by the name of the quantity. Counts are whole numbers, which float64 holds exactly. A `sum` and its `rest` share one object. */
export type Sums = ReadonlyMap<string, Float64Array | ExactSums>;

export function openSums(quantities: StorageKind["quantities"], cells: number): Sums {
  const sums = new Map<string, Float64Array | ExactSums>();
  let last: Float64Array | ExactSums | undefined;
  for (const [name, kind] of Object.entries(quantities)) {
    last = kind === "count" ? new Float64Array(cells) : kind === "sum" ? new ExactSums(cells) : last!;
    sums.set(name, last);
  }
  return sums;
}

export function addTo(sum: Float64Array | ExactSums, cell: number, value: number): void {
  if (sum instanceof ExactSums) sum.add(cell, value);
  else sum[cell] += value;
}

export function readSums(sums: Sums, quantities: StorageKind["quantities"]): Readonly<Record<string, Float64Array>> {
  const read = (name: string, sum: Float64Array | ExactSums): Float64Array => {
    if (!(sum instanceof ExactSums)) return sum.slice();
    return quantities[name] === "rest" ? sum.readRests() : sum.readAll();
  };
  return Object.fromEntries([...sums].map(([name, sum]) => [name, read(name, sum)]));
}

/** New sums with `cells` cells, where the content of each cell `from[i]` is added to cell `to[i]`. */
export function moveSums(
  sums: Sums,
  quantities: StorageKind["quantities"],
  { cells, from, to }: { readonly cells: number; readonly from: readonly number[]; readonly to: readonly number[] },
): Sums {
  const moved = openSums(quantities, cells);
  for (const [name, kind] of Object.entries(quantities)) {
    if (kind === "rest") continue;
    const [target, source] = [moved.get(name)!, sums.get(name)!];
    for (const [index, cell] of from.entries()) {
      if (source instanceof ExactSums) (target as ExactSums).addSum(to[index], source, cell);
      else (target as Float64Array)[to[index]] += source[cell];
    }
  }
  return moved;
}
