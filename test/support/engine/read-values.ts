/**
 * Reads the value of an expression for each event, bit by bit, although the engine only makes histograms: each event, and each element of a list, fills its own
 * cell with its value as weight. A second histogram, whose weight is the value's class, shows what a sum of weights cannot: missing values, NaN, infinities and
 * −0.
 */

import type { PartialResult } from "../../../engine/histogram/partial.ts";
import { words } from "../generate-events.ts";
import type { InMemoryDataset } from "./in-memory-dataset.ts";
import { type PreparedQuery, prepareQuery } from "./run-query.ts";

export type ReadValue = number | boolean | string | undefined | readonly (number | undefined)[];
export interface Reader {
  readonly kind: "number" | "boolean" | "string" | "numbers";
  readonly text: string;
}

/** The most elements of a list that can be distinguished; further ones are not read. */
export const mostElements = 30;
/** A value in no list has a cell behind all others. */
const listed = words.slice(0, -1);
const scale = 2 ** -600;
const huge = 1e150;
const classes = { missing: 0, nan: 1, zero: 2, negativeZero: 3, infinity: 4, negativeInfinity: 5, huge: 6, plain: 7 } as const;

const classOf = (v: string): string =>
  `isNaN(${v}) == isNaN(${v}) ? isNaN(${v}) ? 1 : ${v} == 0 ? (1 / ${v} < 0 ? 3 : 2) : ` +
  `abs(${v}) > ${Number.MAX_VALUE} ? (${v} < 0 ? 5 : 4) : abs(${v}) > ${huge} ? 6 : 7 : 0`;
const scaled = (v: string): string => `abs(${v}) > ${huge} ? ${v} * ${scale} : ${v}`;

/** A query that reads all these; they may use `defines`. */
export function prepareReaders(
  readers: readonly Reader[],
  dataset: InMemoryDataset,
  { defines = {}, sharesEarly = false }: { readonly defines?: Readonly<Record<string, string>>; readonly sharesEarly?: boolean } = {},
): PreparedQuery {
  const entry = { type: "regular", bins: dataset.events.length, lower: 0, upper: dataset.events.length, value: "entry" };
  const histograms = readers.flatMap(({ kind }, index): [string, object][] => {
    const v = `value${index}`;
    if (kind === "boolean") {
      return [
        [`true${index}`, { axes: [entry], filter: v }],
        [`false${index}`, { axes: [entry], filter: `!${v}` }],
      ];
    }
    if (kind === "string") return [[`string${index}`, { axes: [entry, { type: "category", categories: listed, value: v }] }]];
    const isList = kind === "numbers";
    const element = { type: "regular", bins: mostElements, lower: 0, upper: mostElements, value: `${v}.map((q, place) => place)` };
    const axes = isList ? [entry, element] : [entry];
    const weights = {
      direct: v,
      value: isList ? `${v}.map(q => ${scaled("q")})` : scaled(v),
      class: isList ? `${v}.map(q => ${classOf("q")})` : classOf(v),
    };
    return Object.entries(weights).map(([name, weight]): [string, object] => [`${name}${index}`, { axes, weight }]);
  });
  const values = readers.map(({ text }, index) => [`value${index}`, text]);
  const query = { define: { ...defines, ...Object.fromEntries(values) }, histograms: Object.fromEntries(histograms) };
  return prepareQuery(query, dataset.schema, { sharesEarly });
}

/** The values of reader number `index`, by event; `lengths` are those expected of lists. Throws where histograms that must tell the same do not. */
export function readValues(
  partial: PartialResult,
  { planned }: PreparedQuery,
  { kind }: Reader,
  { index, lengths }: { readonly index: number; readonly lengths: readonly number[] },
): readonly ReadValue[] {
  const cells = (name: string): Float64Array => dense(partial, planned.order.get(`${name}${index}`)!);
  if (kind === "boolean") {
    const [yes, no] = [cells("true"), cells("false")];
    return lengths.map((_, entry) => (yes[entry + 1] > 0 ? true : no[entry + 1] > 0 ? false : undefined));
  }
  if (kind === "string") {
    const rows = cells("string");
    return lengths.map((_, entry) => words.find((_word, place) => rows[(entry + 1) * words.length + place] > 0));
  }
  const [direct, value, kinds] = [cells("direct"), cells("value"), cells("class")];
  const read = (cell: number): number | undefined => {
    const found = decode(kinds[cell], value[cell]);
    const expected = kinds[cell] === classes.plain || kinds[cell] === classes.huge ? found : 0;
    if (direct[cell] !== expected) throw new Error(`Cell ${cell} holds ${direct[cell]}, and ${expected} where the value is tested first`);
    return found;
  };
  if (kind === "number") return lengths.map((_, entry) => read(entry + 1));
  const row = mostElements + 2;
  for (const [entry, length] of lengths.entries()) {
    const beyond = kinds.subarray((entry + 1) * row + length + 1, (entry + 2) * row).findIndex((found) => found !== 0);
    if (beyond >= 0) throw new Error(`The list of event ${entry} has an element ${length + beyond}, but only ${length} are expected`);
  }
  return lengths.map((length, entry) => Array.from({ length }, (_, element) => read((entry + 1) * row + element + 1)));
}

function decode(kind: number, value: number): number | undefined {
  switch (kind) {
    case classes.missing:
      return undefined;
    case classes.nan:
      return Number.NaN;
    case classes.zero:
      return 0;
    case classes.negativeZero:
      return -0;
    case classes.infinity:
      return Number.POSITIVE_INFINITY;
    case classes.negativeInfinity:
      return Number.NEGATIVE_INFINITY;
    case classes.huge:
      return value / scale;
    case classes.plain:
      return value;
  }
  throw new Error(`There is no class ${kind}: a cell was filled twice, or by nothing`);
}

function dense(partial: PartialResult, place: number): Float64Array {
  const {
    cells,
    filled,
    contents: { values },
  } = partial.histograms[place];
  if (!filled) return values;
  const all = new Float64Array(cells);
  for (const [index, cell] of filled.entries()) all[cell] = values[index];
  return all;
}
