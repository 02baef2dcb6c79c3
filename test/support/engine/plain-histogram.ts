/** Histograms filled the plain way: one value after the other, in JavaScript. */
export type PlainAxis =
  | { readonly type: "regular"; readonly bins: number; readonly lower: number; readonly upper: number }
  | { readonly type: "variable"; readonly edges: readonly number[] };

export const axisCells = (axis: PlainAxis): number => (axis.type === "regular" ? axis.bins : axis.edges.length - 1) + 2;

/** Its cell: 0 is underflow, the last one overflow and NaN. */
export function cellOf(axis: PlainAxis, value: number): number {
  const last = axisCells(axis) - 1;
  if (Number.isNaN(value)) return last;
  if (axis.type === "variable") return axis.edges.filter((edge) => edge <= value).length;
  if (value < axis.lower) return 0;
  return value >= axis.upper ? last : Math.floor((axis.bins * (value - axis.lower)) / (axis.upper - axis.lower)) + 1;
}

/** Counts, axis 0 outermost; each point has one value for each axis. */
export function countPoints(axes: readonly PlainAxis[], points: readonly (readonly number[])[]): readonly number[] {
  const counts = new Array<number>(axes.reduce((product, axis) => product * axisCells(axis), 1)).fill(0);
  for (const point of points) counts[axes.reduce((cell, axis, index) => cell * axisCells(axis) + cellOf(axis, point[index]), 0)]++;
  return counts;
}

const words = new BigInt64Array(1);
const doubles = new Float64Array(words.buffer);

/** The float64 next to a finite one, `steps` up or, where negative, down. */
export function neighbour(value: number, steps: 1 | -1): number {
  if (value === 0) return steps * 5e-324;
  doubles[0] = value;
  words[0] += BigInt(value > 0 ? steps : -steps);
  return doubles[0];
}
