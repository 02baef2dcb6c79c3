/**
 * Partials → one. Adding is exact and rounded once, so any order and any split give the same bits; nothing added is the
 * identity. One partial at a time is held, and a few numbers for each cell.
 */

import { type AxisShape, cellCount } from "../program/program.ts";
import { ExactSums } from "./exact-sum.ts";
import type { PartialHistogram, PartialResult } from "./partial.ts";

/** What of a program decides the form of its partials. */
export interface PartialShape {
  readonly filters: readonly unknown[];
  readonly histograms: readonly { readonly axes: readonly AxisShape[]; readonly storage: "count" | "weighted" }[];
}

interface HistogramSums {
  readonly storage: "count" | "weighted";
  readonly cells: number;
  fills: number;
  nonFinite: number;
  readonly counts?: Float64Array;
  readonly values?: ExactSums;
  readonly variances?: ExactSums;
}

export class Merger {
  readonly #filters: { events: number; readonly weight: ExactSums }[];
  readonly #histograms: readonly HistogramSums[];
  #entries = 0;
  #partials = 0;

  constructor(program: PartialShape) {
    this.#filters = program.filters.map(() => ({ events: 0, weight: new ExactSums(1) }));
    this.#histograms = program.histograms.map(({ axes, storage }) => {
      const cells = cellCount(axes);
      const sums =
        storage === "count" ? { counts: new Float64Array(cells) } : { values: new ExactSums(cells), variances: new ExactSums(cells) };
      return { storage, cells, fills: 0, nonFinite: 0, ...sums };
    });
  }

  get partials(): number {
    return this.#partials;
  }

  get entries(): number {
    return this.#entries;
  }

  /** Throws where the partial has another shape: it is of another program. */
  add(partial: PartialResult): void {
    const fits =
      partial.filters.length === this.#filters.length &&
      partial.histograms.length === this.#histograms.length &&
      partial.histograms.every(
        ({ storage, cells }, index) => storage === this.#histograms[index].storage && cells === this.#histograms[index].cells,
      );
    if (!fits) throw new RangeError("Cannot merge this partial: its filters and histograms are not those of the program");
    this.#partials++;
    this.#entries += partial.entries;
    partial.filters.forEach(({ events, weight }, index) => {
      this.#filters[index].events += events;
      this.#filters[index].weight.add(0, weight);
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
      histograms: this.#histograms.map(({ storage, cells, fills, nonFinite, counts, values, variances }) => ({
        storage,
        fills,
        nonFinite,
        cells,
        values: counts ? counts.slice() : values!.readAll(),
        ...(variances && { variances: variances.readAll() }),
      })),
    };
  }
}

function addHistogram(sums: HistogramSums, { fills, nonFinite, filled, values, variances }: PartialHistogram): void {
  sums.fills += fills;
  sums.nonFinite += nonFinite;
  for (let place = 0; place < values.length; place++) {
    const cell = filled ? filled[place] : place;
    if (sums.counts) sums.counts[cell] += values[place];
    else {
      sums.values!.add(cell, values[place]);
      sums.variances!.add(cell, variances![place]);
    }
  }
}
