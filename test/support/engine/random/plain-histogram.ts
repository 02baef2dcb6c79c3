/** Fills histograms in the plain way: one value after another, in JavaScript. */
export type PlainAxis =
  | { readonly type: "regular"; readonly bins: number; readonly lower: number; readonly upper: number; readonly circular?: true }
  | { readonly type: "variable"; readonly edges: readonly number[] }
  | { readonly type: "integer"; readonly lower: number; readonly upper: number }
  | { readonly type: "category"; readonly categories: readonly number[] | readonly string[] }
  | { readonly type: "boolean" };

/** Cells, flow included. */
export function axisCells(axis: PlainAxis): number {
  switch (axis.type) {
    case "regular":
      return axis.bins + (axis.circular ? 1 : 2);
    case "variable":
      return axis.edges.length + 1;
    case "integer":
      return axis.upper - axis.lower + 2;
    case "category":
      return axis.categories.length + 1;
    case "boolean":
      return 2;
  }
}

/** The cell of a value: 0 is underflow if there is one, and the last one takes values beyond the axis, and NaN. */
export function cellOf(axis: PlainAxis, value: number | string): number {
  if (typeof value === "string") return axis.type === "category" ? placeIn(axis.categories, value) : Number.NaN;
  if (axis.type === "boolean") return value;
  const last = axisCells(axis) - 1;
  if (Number.isNaN(value)) return last;
  switch (axis.type) {
    case "variable":
      return axis.edges.filter((edge) => edge <= value).length;
    case "category":
      return placeIn(axis.categories, value);
    case "integer":
      return Math.max(0, Math.min(last, Math.floor(value) - axis.lower + 1));
    case "regular": {
      const bin = Math.floor((axis.bins * (value - axis.lower)) / (axis.upper - axis.lower));
      if (axis.circular)
        return Number.isFinite(bin) ? Number(((BigInt(bin) % BigInt(axis.bins)) + BigInt(axis.bins)) % BigInt(axis.bins)) : last;
      if (value < axis.lower) return 0;
      return value >= axis.upper ? last : bin + 1;
    }
  }
}

function placeIn(categories: readonly unknown[], value: number | string): number {
  const place = categories.indexOf(value);
  return place < 0 ? categories.length : place;
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
