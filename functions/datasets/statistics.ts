/**
 * Computes the number of values, the sum and the range of columns over all events of a dataset. It uses ordinary queries of totals, which are distributed,
 * bounded and stored like all others. Each named column has a query of its own; if all columns are asked for, many share a query.
 */

import type { Context } from "hono";
import { baseName, type Dataset } from "../../datasets/dataset.ts";
import { columnType } from "../../datasets/inspect/column-type.ts";
import { type PartialTotal, roundTotal } from "../../engine/histogram/total.ts";
import { writeSum } from "../../engine/histogram/write-uhi.ts";
import type { Column } from "../../engine/program/schema.ts";
import { nearNames } from "../../engine/query/near-names.ts";
import { isEnded } from "../api.ts";
import { stateOf } from "../dispatch/follow/followed-query.ts";
import { runQuery } from "../dispatch/submit-query.ts";
import type { Environment } from "../environment.ts";
import { preferredWait } from "../http/bounded-wait.ts";
import { HttpProblem } from "../http/problem.ts";

export interface ColumnStatistics {
  readonly column: string;
  readonly type: string;
  /** The number of values that are not missing. */
  readonly values: number;
  /** Sum and range of the finite values; null for strings; the range is also null if there are none. */
  readonly sum: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly nonfinite: number;
  /** The number of events that were counted, present if partitions failed or are not done yet. */
  readonly events?: number;
}

/** Less urgent than usual queries, so that these come first. */
const priority = 800;
/** The most columns of one query if all are asked for. Columns of lists need five totals each, and code with a loop for each, which is limited. */
const atATime = { lists: 20, values: 40 };
/** The seconds that a request waits without `Prefer: wait`. */
const usualWait = 60;

/** Answers with the statistics of the columns that `?stats=` names, or of all columns if `names` is empty. */
export async function answerStatistics(c: Context<Environment>, dataset: Dataset, names: readonly string[]): Promise<Response> {
  const { columns } = dataset.schema;
  const asked = names.length === 0 ? columns : findColumns(columns, names);
  const until = performance.now() + 1000 * (preferredWait(c) ?? usualWait);
  const statistics: ColumnStatistics[] = [];
  const failures = new Map<number, { readonly partition: number; readonly file: string; readonly cause: string }>();
  let events = dataset.entries;
  let ended = true;
  const groups = names.length === 0 ? askedTogether(asked) : asked.map((column) => [column]);
  for (let group = groups.shift(); group && ended; group = groups.shift()) {
    const together = group;
    const text = JSON.stringify(queryFor(dataset.name, together));
    const wait = Math.max(0, (until - performance.now()) / 1000);
    await runQuery(c, text, wait, ({ followed }) => {
      ended = isEnded({ state: stateOf(followed) });
      const failed = followed.progress?.partitions.failures ?? new Map();
      if (ended && failed.size > 0 && together.length > 1) {
        // One column that is missing or damaged in some files must not cost the others these events, so they are asked one by one.
        groups.unshift(...together.map((column) => [column]));
        return;
      }
      const [content] = followed.result ?? followed.progress!.read();
      const places = followed.query.totals!;
      const totalOf = (name: string) => content!.totals![places[name]!]!;
      const { entries } = content!;
      const counted = entries < dataset.entries ? { events: entries } : {};
      statistics.push(
        ...together.map((column, index) => ({ ...readStatistics(column, (what) => totalOf(`${index}.${what}`)), ...counted })),
      );
      for (const [place, { cause }] of failed) {
        const { index, file } = dataset.partitions[place] ?? {};
        if (file) failures.set(place, { partition: index!, file: baseName(file.path), cause });
      }
      events = Math.min(events, entries);
    });
  }
  const done = { total: dataset.entries, done: events };
  return c.json({ name: dataset.name, events: done, statistics, failures: [...failures.values()] }, ended ? 200 : 202);
}

/** Divides columns, in their order, into those that one query can have. */
function askedTogether(columns: readonly Column[]): (readonly Column[])[] {
  const groups: Column[][] = [];
  let room = 0;
  for (const column of columns) {
    const share = 1 / (column.lists.length > 0 ? atATime.lists : atATime.values);
    if (room < share) {
      groups.push([]);
      room = 1;
    }
    groups.at(-1)!.push(column);
    room -= share;
  }
  return groups;
}

function findColumns(columns: readonly Column[], names: readonly string[]): readonly Column[] {
  const known = new Map(columns.map((column) => [column.name, column]));
  return [...new Set(names)].map((name) => {
    const column = known.get(name);
    if (column) return column;
    const near = nearNames(name, known.keys());
    throw new HttpProblem(404, "unknown-column", `The dataset has no column '${name.slice(0, 100)}' that can be used.`, [
      { at: "/stats", message: "is not a column", near },
    ]);
  });
}

const queryFor = (dataset: string, columns: readonly Column[]) => ({
  dataset,
  name: columns.length === 1 ? `statistics of ${columns[0]!.name}`.slice(0, 200) : `statistics of ${columns.length} columns`,
  priority,
  totals: Object.fromEntries(
    columns.flatMap((column, index) => Object.entries(totalsFor(column)).map(([what, text]) => [`${index}.${what}`, text])),
  ),
});

type Total = "all" | "values" | "nonfinite" | "least" | "largest";

/** The totals that are computed for a column; for lists, `least` and `largest` are taken over each event's own extremes. */
function totalsFor({ name, dtype, lists }: Column): Readonly<Partial<Record<Total, string>>> {
  const column = `col(${JSON.stringify(name)})`;
  const flat = column + ".flatMap(list => list)".repeat(Math.max(0, lists.length - 1));
  const count = (test: (value: string) => string) =>
    lists.length === 0 ? `${test(column)} ? 1 : 0` : `${flat}.count(value => ${test("value")})`;
  // A comparison of a missing value is missing. So `x == x || x != x` counts all values that are not missing, NaN included.
  if (dtype === "string") return { values: count((value) => `${value} == ${value}`) };
  if (dtype === "bool") return { all: count((value) => value), values: count((value) => `${value} || !${value}`) };
  if (lists.length === 0) return { all: column };
  const finite = `${flat}.filter(value => abs(value) < 1 / 0)`;
  return {
    all: `${finite}.sum()`,
    values: count((value) => `${value} == ${value} || ${value} != ${value}`),
    nonfinite: count((value) => `!(abs(${value}) < 1 / 0)`),
    least: `${finite}.min()`,
    largest: `${finite}.max()`,
  };
}

function readStatistics(column: Column, totalOf: (total: Total) => PartialTotal): ColumnStatistics {
  const { name, dtype, lists } = column;
  const sumOf = (total: Total) => roundTotal(totalOf(total).sum);
  const head = { column: name, type: columnType(column) };
  if (dtype === "string") return { ...head, values: sumOf("values"), sum: null, min: null, max: null, nonfinite: 0 };
  const all = totalOf("all");
  const sum = writeSum(roundTotal(all.sum));
  if (dtype === "bool") {
    const values = sumOf("values");
    return {
      ...head,
      values,
      sum,
      min: values > 0 ? Number(sum === values) : null,
      max: values > 0 ? Number(sum > 0) : null,
      nonfinite: 0,
    };
  }
  const range = (least: PartialTotal, largest: PartialTotal) =>
    least.values > 0 ? { min: least.least, max: largest.largest } : { min: null, max: null };
  if (lists.length === 0) return { ...head, values: all.values + all.nonFinite, sum, ...range(all, all), nonfinite: all.nonFinite };
  return { ...head, values: sumOf("values"), sum, ...range(totalOf("least"), totalOf("largest")), nonfinite: sumOf("nonfinite") };
}
