/**
 * Partials → one partial. Sums are exact and rounded once, so any order and any split give the same bits; a merger without partials is the
 * identity. It keeps a few numbers for each cell, and no partial after adding it.
 */

import { cellCount } from "../axes/axes.ts";
import { type StorageName, storages } from "../storages/storages.ts";
import { ExactSums } from "./exact-sum.ts";
import { type FoundRange, nothingFound } from "./found-range.ts";
import { makeRoom, placesIn, readFound } from "./merge-found.ts";
import type { PartialHistogram, PartialResult, PartialShape } from "./partial.ts";
import { addTo, openSums, readSums, type Sums } from "./sums.ts";
import { addTotals, nothingAdded, type PartialTotal } from "./total.ts";

interface HistogramSums {
  readonly storage: StorageName;
  readonly cells: number;
  fills: number;
  nonFinite: number;
  nonFiniteSamples?: number;
  contents: Sums;
  /** For an `auto` axis: the range of what was added, and the largest number of bins that the result may have. */
  range?: FoundRange;
  readonly wanted?: number;
}

/** Adds partials of one program in any order. The program's filters, totals, histograms and rows tell which form they must have. */
export class Merger {
  readonly #filters: { events: number; readonly weight: ExactSums }[];
  readonly #totals: PartialTotal[] | undefined;
  readonly #histograms: readonly HistogramSums[];
  /** The number of rows so far, and the limit that the program sets. */
  readonly #rows: { count: number; readonly limit: number } | undefined;
  #entries = 0;
  #partials = 0;

  constructor(program: PartialShape) {
    this.#filters = program.filters.map(() => ({ events: 0, weight: new ExactSums(1) }));
    this.#totals = program.totals?.map(() => nothingAdded);
    this.#rows = program.rows && { count: 0, limit: program.rows.limit };
    this.#histograms = program.histograms.map(({ axes, storage }) => {
      const cells = cellCount(axes);
      const { quantities, takesSample } = storages[storage];
      return {
        storage,
        cells,
        fills: 0,
        nonFinite: 0,
        ...(takesSample && { nonFiniteSamples: 0 }),
        ...(axes[0]?.type === "auto" && { range: nothingFound, wanted: axes[0].bins }),
        contents: openSums(quantities, cells),
      };
    });
  }

  /** The number of partials added. */
  get partials(): number {
    return this.#partials;
  }

  /** The number of events in the partitions of these partials. */
  get entries(): number {
    return this.#entries;
  }

  /** Throws `RangeError`, and adds nothing, if the partial has the form of another program. */
  add(partial: PartialResult): void {
    const fits =
      partial.filters.length === this.#filters.length &&
      partial.totals?.length === this.#totals?.length &&
      (partial.rows === undefined) === (this.#rows === undefined) &&
      partial.histograms.length === this.#histograms.length &&
      partial.histograms.every(
        ({ storage, cells, range }, index) =>
          storage === this.#histograms[index].storage &&
          (this.#histograms[index].range ? range !== undefined : cells === this.#histograms[index].cells),
      );
    if (!fits) throw new RangeError("Cannot merge this partial: its filters, totals, histograms and rows are not those of the program");
    this.#partials++;
    if (this.#rows) this.#rows.count += partial.rows!.count;
    this.#entries += partial.entries;
    partial.filters.forEach(({ events, weight }, index) => {
      this.#filters[index].events += events;
      this.#filters[index].weight.add(0, weight);
    });
    partial.totals?.forEach((total, index) => {
      this.#totals![index] = addTotals(this.#totals![index], total);
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
      ...(this.#totals && { totals: [...this.#totals] }),
      histograms: this.#histograms.map(readHistogram),
      ...(this.#rows && { rows: { count: Math.min(this.#rows.count, this.#rows.limit), columns: [] } }),
    };
  }
}

function addHistogram(sums: HistogramSums, partial: PartialHistogram): void {
  sums.fills += partial.fills;
  sums.nonFinite += partial.nonFinite;
  if (partial.nonFiniteSamples !== undefined) sums.nonFiniteSamples! += partial.nonFiniteSamples;
  const { range, filled, contents } = partial;
  if (range) Object.assign(sums, makeRoom({ range: sums.range!, contents: sums.contents }, range, storages[sums.storage].quantities));
  const places = range && placesIn(sums.range!, range);
  for (const [name, sum] of sums.contents) {
    const values = contents[name];
    if (sum instanceof Float64Array && !filled && !places) {
      for (let cell = 0; cell < values.length; cell++) sum[cell] += values[cell];
      continue;
    }
    for (let index = 0; index < values.length; index++) {
      const cell = filled ? filled[index] : index;
      addTo(sum, places ? places[cell] : cell, values[index]);
    }
  }
}

function readHistogram({ contents, range, wanted, ...counts }: HistogramSums): PartialHistogram {
  const { quantities } = storages[counts.storage];
  if (range) return { ...counts, ...readFound({ range, contents }, wanted!, quantities) };
  return { ...counts, contents: readSums(contents, quantities) };
}
