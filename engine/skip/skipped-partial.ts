/** The partial of a program over a partition in which no event passes one of its filters. */
import { readRange } from "../axes/auto.ts";
import { cellCount, kindOf } from "../axes/axes.ts";
import { placesOf } from "../histogram/found-range.ts";
import type { PartialHistogram, PartialResult } from "../histogram/partial.ts";
import type { Program, ProgramHistogram } from "../program/program.ts";
import { storages } from "../storages/storages.ts";

/** The computed part: the number of events, the counts of the filters before that one, and the totals if the program has any. */
export type PartialBefore = Pick<PartialResult, "entries" | "filters" | "totals">;

/** The whole partial. Encoded, it has the same bytes as the partial of running the program. */
export function completePartial(program: Program, before: PartialBefore): PartialResult {
  const { entries, filters, totals } = before;
  const none = program.filters.slice(filters.length).map(() => ({ events: 0, weight: 0 }));
  return {
    entries,
    filters: [...filters, ...none],
    ...(totals && { totals }),
    histograms: program.histograms.map(emptyHistogram),
    ...(program.rows && {
      rows: {
        count: 0,
        columns: program.rows.columns.map(({ kind }) => ({
          kind,
          values: new Float64Array(0),
          ...(kind === "string" && { strings: [] }),
        })),
      },
    }),
  };
}

/** A histogram in which no cell is filled. */
function emptyHistogram({ axes, storage }: ProgramHistogram): PartialHistogram {
  const { quantities, takesSample } = storages[storage];
  const [first] = axes;
  const constants = first && kindOf(first).findsRange ? kindOf(first).constants!(first, () => 0) : undefined;
  const range = constants && readRange(Float64Array.from(constants));
  return {
    storage,
    fills: 0,
    nonFinite: 0,
    ...(takesSample && { nonFiniteSamples: 0 }),
    ...(range && { range }),
    cells: range ? placesOf(range).length : cellCount(axes),
    filled: new Float64Array(0),
    contents: Object.fromEntries(Object.keys(quantities).map((name) => [name, new Float64Array(0)])),
  };
}
