/** Merged contents → a histogram in UHI's JSON form. */

import { type AxisShape, axisBins, engineVersion } from "../program/program.ts";
import type { PartialHistogram } from "./partial.ts";
import type { Nested, UhiAxis, UhiHistogram } from "./uhi.ts";

export interface HistogramLabels {
  readonly label?: string | undefined;
  /** One for each axis. */
  readonly axes: readonly (string | undefined)[];
}

export function writeUhi(content: PartialHistogram, axes: readonly AxisShape[], labels: HistogramLabels): UhiHistogram {
  const sizes = axes.map((axis) => axisBins(axis) + 2);
  const values = nest(dense(content, content.values), sizes);
  return {
    uhi_schema: 1,
    writer_info: { femtoq: { version: engineVersion } },
    metadata: {
      entries: content.fills,
      ...(labels.label && { label: labels.label }),
      ...(content.nonFinite > 0 && { non_finite_weights: content.nonFinite }),
    },
    axes: axes.map((axis, index) => writeAxis(axis, labels.axes[index])),
    storage: content.variances
      ? { type: "weighted", values, variances: nest(dense(content, content.variances), sizes) }
      : { type: "int", values },
  };
}

function writeAxis(axis: AxisShape, label: string | undefined): UhiAxis {
  const common = { underflow: true, overflow: true, circular: false, ...(label && { metadata: { label } }) };
  return axis.type === "regular"
    ? { type: "regular", lower: axis.lower, upper: axis.upper, bins: axis.bins, ...common }
    : { type: "variable", edges: axis.edges, ...common };
}

function dense({ filled, cells }: PartialHistogram, values: Float64Array): Float64Array {
  if (!filled) return values;
  const all = new Float64Array(cells);
  filled.forEach((cell, index) => {
    all[cell] = values[index];
  });
  return all;
}

/** Nested lists, axis 0 outermost. */
function nest(values: Float64Array, [size, ...inner]: readonly number[]): Nested {
  if (inner.length === 0) return Array.from(values);
  const step = values.length / size;
  return Array.from({ length: size }, (_, index) => nest(values.subarray(index * step, (index + 1) * step), inner));
}
