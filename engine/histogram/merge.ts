/**
 * Partials → one. Adding is exact and rounded once, so any order and any split give the same bits; nothing added is the
 * identity. One partial at a time is held, and a few numbers for each cell.
 */

import { cellCount } from "../axes/axes.ts";
import type { Contents, StorageKind } from "../storages/storage-kind.ts";
import { type StorageName, storages } from "../storages/storages.ts";
import { ExactSums } from "./exact-sum.ts";
import type { PartialHistogram, PartialResult, PartialShape } from "./partial.ts";

interface HistogramSums {
  readonly storage: StorageName;
  readonly cells: number;
  fills: number;
  nonFinite: number;
  nonFiniteSamples?: number;
  /** By quantity: whole numbers that are counted are exact as they are. */
  readonly contents: ReadonlyMap<string, Float64Array | ExactSums>;
}

/** Adds partials of one program, in any order: its filters, its totals, and the axes and storages of its histograms tell their form. */
export class Merger {
  readonly #filters: { events: number; readonly weight: ExactSums }[];
  readonly #totals: { sum: bigint; nonFinite: number }[] | undefined;
  readonly #histograms: readonly HistogramSums[];
  #entries = 0;
  #partials = 0;

  constructor(program: PartialShape) {
    this.#filters = program.filters.map(() => ({ events: 0, weight: new ExactSums(1) }));
    this.#totals = program.totals?.map(() => ({ sum: 0n, nonFinite: 0 }));
    this.#histograms = program.histograms.map(({ axes, storage }) => {
      const cells = cellCount(axes);
      const { quantities, takesSample } = storages[storage];
      return { storage, cells, fills: 0, nonFinite: 0, ...(takesSample && { nonFiniteSamples: 0 }), contents: openSums(quantities, cells) };
    });
  }

  /** How many were added. */
  get partials(): number {
    return this.#partials;
  }

  /** Events of the partitions that were added. */
  get entries(): number {
    return this.#entries;
  }

  /** Throws `RangeError` where the partial has another form: it is of another program. Then nothing was added. */
  add(partial: PartialResult): void {
    const fits =
      partial.filters.length === this.#filters.length &&
      partial.totals?.length === this.#totals?.length &&
      partial.histograms.length === this.#histograms.length &&
      partial.histograms.every(
        ({ storage, cells }, index) => storage === this.#histograms[index].storage && cells === this.#histograms[index].cells,
      );
    if (!fits) throw new RangeError("Cannot merge this partial: its filters, totals and histograms are not those of the program");
    this.#partials++;
    this.#entries += partial.entries;
    partial.filters.forEach(({ events, weight }, index) => {
      this.#filters[index].events += events;
      this.#filters[index].weight.add(0, weight);
    });
    partial.totals?.forEach(({ sum, nonFinite }, index) => {
      const total = this.#totals![index];
      total.sum += sum;
      total.nonFinite += nonFinite;
    });
    partial.histograms.forEach((histogram, index) => {
      addHistogram(this.#histograms[index], histogram);
    });
  }

  /** The sum of all that was added, in the form of a partial. */
  read(): PartialResult {
    return {
      entries: this.#entries,
      filters: this.#filters.map(({ events, weight }) => ({ events, weight: weight.read(0) })),
      ...(this.#totals && { totals: this.#totals.map((total) => ({ ...total })) }),
      histograms: this.#histograms.map(({ contents, ...histogram }) => ({ ...histogram, contents: readAll(contents, histogram.storage) })),
    };
  }
}

/** A rest belongs to the sum before it: both are added to one. */
function openSums(quantities: StorageKind["quantities"], cells: number): HistogramSums["contents"] {
  const sums = new Map<string, Float64Array | ExactSums>();
  let last: Float64Array | ExactSums | undefined;
  for (const [name, kind] of Object.entries(quantities)) {
    last = kind === "count" ? new Float64Array(cells) : kind === "sum" ? new ExactSums(cells) : last!;
    sums.set(name, last);
  }
  return sums;
}

function addHistogram(sums: HistogramSums, { fills, nonFinite, nonFiniteSamples, filled, contents }: PartialHistogram): void {
  sums.fills += fills;
  sums.nonFinite += nonFinite;
  if (nonFiniteSamples !== undefined) sums.nonFiniteSamples! += nonFiniteSamples;
  for (const [name, sum] of sums.contents) {
    const values = contents[name];
    for (let place = 0; place < values.length; place++) {
      const cell = filled ? filled[place] : place;
      if (sum instanceof ExactSums) sum.add(cell, values[place]);
      else sum[cell] += values[place];
    }
  }
}

function readAll(contents: HistogramSums["contents"], storage: StorageName): Contents {
  const { quantities } = storages[storage];
  const read = (name: string, sum: Float64Array | ExactSums): Float64Array => {
    if (!(sum instanceof ExactSums)) return sum.slice();
    return quantities[name] === "rest" ? sum.readRests() : sum.readAll();
  };
  return Object.fromEntries([...contents].map(([name, sum]) => [name, read(name, sum)]));
}
