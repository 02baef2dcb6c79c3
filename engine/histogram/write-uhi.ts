/** Merged contents → UHI's JSON form of a histogram. */

import { type AxisShape, cellsOf, kindOf } from "../axes/axes.ts";
import { engineVersion } from "../program/program.ts";
import { storages } from "../storages/storages.ts";
import { coarserCell, edgeOf, type FoundRange, shownRange } from "./found-range.ts";
import type { PartialHistogram } from "./partial.ts";
import type { Nested, UhiHistogram } from "./uhi.ts";

export interface HistogramLabels {
  readonly label?: string | undefined;
  /** The labels of the axes, in their order. */
  readonly axes: readonly (string | undefined)[];
}

/** A sum as a finite number for JSON: a sum beyond the range of float64 becomes the end of that range. */
export const writeSum = (sum: number): number =>
  Number.isNaN(sum) ? Number.MAX_VALUE : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, sum));

/**
 * A histogram with its axes, flow bins included. `metadata` has the number of filled elements and, if not 0, the number of weights or samples that were not
 * finite, and of sums beyond the range of float64.
 */
export function writeUhi(content: PartialHistogram, axes: readonly AxisShape[], labels: HistogramLabels): UhiHistogram {
  const found = content.range && axes[0].type === "auto" ? shownRange(content.range, axes[0].bins) : undefined;
  const sizes = found ? [found.bins + 2] : axes.map(cellsOf);
  const outOfRange = Object.values(content.contents).reduce(
    (count, values) => count + values.filter((value) => !Number.isFinite(value)).length,
    0,
  );
  const contents = Object.fromEntries(
    Object.entries(content.contents).map(([name, values]) => {
      const all = dense(content, values);
      return [name, found ? showCells(all, content.range!, found) : all];
    }),
  );
  return {
    uhi_schema: 1,
    writer_info: { femtoq: { version: engineVersion } },
    metadata: {
      entries: content.fills,
      ...(labels.label && { label: labels.label }),
      ...(content.nonFinite > 0 && { non_finite_weights: content.nonFinite }),
      ...(content.nonFiniteSamples && { non_finite_samples: content.nonFiniteSamples }),
      ...(outOfRange > 0 && { sums_out_of_range: outOfRange }),
    },
    axes: axes.map((axis, index) => {
      const label = labels.axes[index];
      return { ...kindOf(axis).writeUhi(axis, found && edgesOf(found)), ...(label && { metadata: { label } }) };
    }),
    storage: storages[content.storage].writeUhi(contents, (values) => nest(values, sizes)),
  };
}

const edgesOf = ({ exponent, first, bins }: FoundRange) => ({
  lower: edgeOf(first, exponent),
  upper: edgeOf(first + bins, exponent),
  bins,
});

/** Adds the cells of a range, underflow and overflow included, into those of a range that contains it and is as coarse or coarser. */
function showCells(values: Float64Array, range: FoundRange, shown: FoundRange): Float64Array {
  const all = new Float64Array(shown.bins + 2);
  all[0] = values[0];
  all[shown.bins + 1] = values[range.bins + 1];
  const levels = shown.exponent - range.exponent;
  for (let index = 0; index < range.bins; index++) all[1 + coarserCell(range.first + index, levels) - shown.first] += values[1 + index];
  return all;
}

function dense({ filled, cells }: PartialHistogram, values: Float64Array): Float64Array {
  if (!filled) return values;
  const all = new Float64Array(cells);
  filled.forEach((cell, index) => {
    all[cell] = values[index];
  });
  return all;
}

/** The numbers as nested lists, axis 0 outermost; a single number without axes. */
function nest(values: Float64Array, [size, ...inner]: readonly number[]): Nested {
  if (size === undefined) return writeSum(values[0]);
  if (inner.length === 0) return Array.from(values, writeSum);
  const step = values.length / size;
  return Array.from({ length: size }, (_, index) => nest(values.subarray(index * step, (index + 1) * step), inner));
}
