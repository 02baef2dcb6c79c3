/** Reads the partial from the work area after a run. */
import { readRange } from "../axes/auto.ts";
import { kindOf } from "../axes/axes.ts";
import { type HistogramLayout, type Layout, totalPlaces } from "../compile/work-area.ts";
import { type FoundRange, placesOf } from "../histogram/found-range.ts";
import type { PartialHistogram, PartialResult } from "../histogram/partial.ts";
import { limbCount, nothingAdded, type PartialTotal, readLimbs } from "../histogram/total.ts";
import type { Program } from "../program/program.ts";
import { storages } from "../storages/storages.ts";

export interface LaidOut {
  readonly program: Program;
  readonly layout: Layout;
}

interface WrittenArea {
  readonly memory: WebAssembly.Memory;
  readonly entries: number;
  readonly work: { readonly address: number };
  /** The module's function, see `defineCountReader`. */
  readonly readCounts: (address: number, cells: number, cellBytes: number, copies: number) => number;
}

/** Reads the partial. This can be done only once, since reading changes the counts. */
export function readPartial({ program, layout }: LaidOut, { memory, entries, work, readCounts }: WrittenArea): PartialResult {
  const floats = (at: number, count: number) => new Float64Array(memory.buffer, work.address + at, count);
  const counts = (at: number, count: number, bytes = 8, copies = 1) => {
    readCounts(work.address + at, count, bytes, copies);
    return floats(at, count);
  };
  return {
    entries,
    filters: program.filters.map((_, index) => {
      const [events] = counts(layout.cutflow + 16 * index, 1);
      return { events, weight: program.weight === undefined ? events : floats(layout.cutflow + 16 * index + 8, 1)[0] };
    }),
    ...(program.totals && {
      totals: layout.totals.map((at): PartialTotal => {
        const sum = readLimbs(new BigInt64Array(memory.buffer, work.address + at + totalPlaces.limbs, limbCount));
        const [values] = counts(at + totalPlaces.values, 1);
        // Turns −0 into 0: which of the two equal zeros came first must not show.
        const [least, largest] = floats(at + totalPlaces.least, 2).map((value) => value + 0);
        return { ...nothingAdded, sum, ...(values > 0 && { values, least, largest }), nonFinite: counts(at, 1)[0] };
      }),
    }),
    histograms: program.histograms.map(({ axes, storage }, index) => {
      const own = layout.histograms[index];
      const { quantities, fills, takesSample } = storages[storage];
      const contents: Record<string, Float64Array> = {};
      for (const [place, [name, kind]] of Object.entries(quantities).entries()) {
        if (kind === "count") counts(own.cells + 8 * place, own.cellCount, own.cellBytes, own.copies);
        contents[name] = takeQuantity(floats(own.cells, own.cellCount * (own.cellBytes / 8)), own, place);
      }
      const [counted, nonFinite, nonFiniteSamples] = counts(own.fills, takesSample ? 3 : 2);
      const filled = fills === undefined ? counted : sumOf(contents[fills]);
      const whole = { storage, fills: filled, nonFinite, ...(takesSample && { nonFiniteSamples }), cells: own.cellCount, contents };
      const findsRange = axes.some((axis) => kindOf(axis).findsRange);
      return keepFilledCells(findsRange ? keepRange(whole, readRange(floats(own.constants[0], 4))) : whole);
    }),
  };
}

/** Takes one quantity of all cells; each cell holds several quantities side by side. */
function takeQuantity(all: Float64Array, { cellCount, cellBytes }: HistogramLayout, place: number): Float64Array {
  if (cellBytes === 8) return all.slice();
  const values = new Float64Array(cellCount);
  for (let cell = 0; cell < cellCount; cell++) values[cell] = all[cell * (cellBytes / 8) + place];
  return values;
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index];
  return sum;
}

/** For an axis that chose its bins during the run: keeps the found range of bins, in their order. */
function keepRange(histogram: PartialHistogram, range: FoundRange): PartialHistogram {
  const places = placesOf(range);
  const contents = Object.entries(histogram.contents).map(([name, values]) => [name, Float64Array.from(places, (place) => values[place])]);
  return { ...histogram, range, cells: places.length, contents: Object.fromEntries(contents) };
}

/** Keeps only the filled cells, if that takes less space. */
function keepFilledCells(histogram: PartialHistogram): PartialHistogram {
  const { contents, cells } = histogram;
  const arrays = Object.values(contents);
  const isFilled = new Uint8Array(cells);
  for (const values of arrays) for (let cell = 0; cell < cells; cell++) if (values[cell] !== 0) isFilled[cell] = 1;
  let count = 0;
  for (let cell = 0; cell < cells; cell++) count += isFilled[cell];
  if (count * (arrays.length + 1) >= cells * arrays.length) return histogram;
  const filled = new Float64Array(count);
  let next = 0;
  for (let cell = 0; cell < cells; cell++) if (isFilled[cell]) filled[next++] = cell;
  const pick = (values: Float64Array) => filled.map((cell) => values[cell]);
  return { ...histogram, filled, contents: Object.fromEntries(Object.entries(contents).map(([name, values]) => [name, pick(values)])) };
}
