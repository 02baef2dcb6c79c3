/** Request → query: checks the shape and the size of the JSON, so that all further work is bounded. Expressions are still text. */
import { z } from "zod";
import { cellCount } from "../axes/axes.ts";
import { mostRows } from "../rows/rows.ts";
import { pointer, reservedNames, tooMany } from "./check-names-and-sizes.ts";
import { expression, label, limits, text } from "./fields.ts";
import { axisFields, axisSchema, storageSchema } from "./histogram-schemas.ts";
import { nearNames } from "./near-names.ts";
import { mostIssues, QueryError, type QueryIssue } from "./query-error.ts";

const axes = z
  .array(axisSchema, "must be a list of axes")
  .max(limits.axes, `a histogram can have at most ${limits.axes} axes`)
  .refine(
    (all) => all.length < 2 || all.every(({ type }) => type !== "auto"),
    "an axis of type auto must be the only one of its histogram",
  );
const histogram = z.strictObject(
  {
    axes,
    filter: expression.optional(),
    weight: expression.optional(),
    sample: expression.optional(),
    storage: storageSchema.optional(),
    label,
  },
  { error: "must be an object with axes" },
);

const defineName = z.string().regex(/^[A-Za-z_$][\w$]*$/, "must be an identifier: letters, digits and _, not starting with a digit");
const histogramName = z
  .string()
  .regex(/^[\w][\w .:+-]*$/, "may have letters, digits, spaces and _ . : + -")
  .max(limits.name);

const filter = z.union([expression, z.array(expression).max(limits.filters)], { error: "must be an expression or a list of expressions" });
const define = z.record(defineName, expression, { error: "must be an object: name → expression" });
const datasetName = "must be the name of a dataset";
const priority = "must be a whole number from 0 (first) to 999 (last)";
const variationName = histogramName.refine((name) => name !== "nominal", "cannot be nominal: that is the query itself");
const variation = z.strictObject(
  { define: define.optional(), weight: expression.optional(), filter: filter.optional() },
  { error: "must be an object with define, weight or filter" },
);

const rows = z.strictObject(
  {
    columns: z
      .record(histogramName, expression, { error: "must be an object: name → expression" })
      .refine((columns) => Object.keys(columns).length > 0, "rows need at least one column"),
    limit: z
      .int("must be a whole number")
      .min(1, "must be at least 1")
      .max(mostRows, `can be at most ${mostRows}: ask for the rest by another filter, or export the events of some files`)
      .optional(),
  },
  { error: "must be an object with columns, and perhaps a limit" },
);

const schema = z.strictObject(
  {
    dataset: z.string(datasetName).min(1, datasetName).max(limits.name, datasetName),
    define: define.optional(),
    filter: filter.optional(),
    histograms: z.record(histogramName, histogram, { error: "must be an object: name → histogram" }).optional(),
    weight: expression.optional(),
    totals: z.record(histogramName, expression, { error: "must be an object: name → expression" }).optional(),
    rows: rows.optional(),
    variations: z.record(variationName, variation, { error: "must be an object: name → variation" }).optional(),
    name: text.optional(),
    priority: z.int(priority).min(0, priority).max(999, priority).optional(),
  },
  { error: "a query must be an object" },
);

export type HistogramQuery = z.infer<typeof histogram>;

/** The parts of a query that a variation changes. */
export interface Variation {
  /** Redefines defines of the query, and columns or collections of the dataset. */
  readonly define: ReadonlyMap<string, string>;
  readonly weight?: string;
  /** Replaces all filters of the query. */
  readonly filter?: readonly string[];
}

/** Asks for values of single events that pass all filters. */
export interface RowsQuery {
  /** Name → expression, in the order in which the columns are written out. */
  readonly columns: Readonly<Record<string, string>>;
  /** The most rows: the first ones in the order of the dataset. */
  readonly limit: number;
}

/** A query in canonical form: defaults are filled in, and a single filter is a list. */
export interface Query {
  readonly dataset: string;
  readonly define: ReadonlyMap<string, string>;
  readonly filter: readonly string[];
  readonly histograms: ReadonlyMap<string, HistogramQuery>;
  readonly weight?: string;
  /** Sums over all events, before any filter. */
  readonly totals: ReadonlyMap<string, string>;
  readonly rows?: RowsQuery;
  readonly variations: ReadonlyMap<string, Variation>;
  readonly name?: string;
  readonly priority: number;
}

/** A query as plain JSON, which `readQuery` takes: defaults filled in, names sorted. */
export interface CanonicalQuery {
  readonly dataset: string;
  readonly define: Readonly<Record<string, string>>;
  readonly filter: readonly string[];
  readonly histograms: Readonly<Record<string, HistogramQuery>>;
  readonly weight?: string;
  /** Absent if there are none; so are `variations`. */
  readonly totals?: Readonly<Record<string, string>>;
  readonly rows?: RowsQuery;
  readonly variations?: Readonly<Record<string, CanonicalVariation>>;
  readonly name?: string;
  readonly priority: number;
}

export interface CanonicalVariation {
  readonly define?: Readonly<Record<string, string>>;
  readonly weight?: string;
  readonly filter?: readonly string[];
}

const defaultPriority = 500;
const defaultRows = 100_000;

/** Checks the shape of a query. Throws `QueryError` with every place that is wrong. */
export function readQuery(input: unknown): Query {
  const issues = [...tooMany(input), ...reservedNames(input)];
  if (issues.length > 0) throw new QueryError(issues);
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    const { issues } = parsed.error;
    const total = issues.reduce((sum, issue) => sum + (issue.code === "unrecognized_keys" ? issue.keys.length : 1), 0);
    throw new QueryError(issues.slice(0, mostIssues).flatMap(describeIssue), total);
  }
  const { define, filter, histograms, totals, rows, variations, ...rest } = parsed.data;
  const entries = Object.entries(histograms ?? {});
  if (entries.length === 0 && Object.keys(totals ?? {}).length === 0 && !rows)
    issues.push({ at: "/histograms", message: "a query needs at least one histogram, or totals, or rows" });
  const varied = Object.entries(variations ?? {});
  const total = (1 + varied.length) * entries.reduce((sum, [, { axes }]) => sum + cellCount(axes), 0);
  if (total > limits.bins)
    issues.push({
      at: "/histograms",
      message: `the histograms have ${total} bins together, flow bins${varied.length > 0 ? " and variations" : ""} included; at most ${limits.bins} are possible`,
    });
  const filled = (1 + varied.length) * entries.length;
  if (filled > limits.variedHistograms)
    issues.push({
      at: "/variations",
      message: `each of the ${entries.length} histograms is filled once for each variation, ${filled} times in all; at most ${limits.variedHistograms} are possible`,
    });
  if (issues.length > 0) throw new QueryError(issues);
  const { weight, name, ...required } = rest;
  return {
    dataset: required.dataset,
    define: new Map(Object.entries(define ?? {})),
    filter: toList(filter ?? []),
    histograms: new Map(entries),
    ...(weight === undefined ? {} : { weight }),
    totals: new Map(Object.entries(totals ?? {})),
    ...(rows && { rows: { columns: rows.columns, limit: rows.limit ?? defaultRows } }),
    variations: new Map(
      varied.map(([name, { define, filter, weight }]) => [
        name,
        {
          define: new Map(Object.entries(define ?? {})),
          ...(weight !== undefined && { weight }),
          ...(filter !== undefined && { filter: toList(filter) }),
        },
      ]),
    ),
    ...(name === undefined ? {} : { name }),
    priority: required.priority ?? defaultPriority,
  };
}

const toList = (filter: string | readonly string[]): readonly string[] => (typeof filter === "string" ? [filter] : filter);

/** The canonical JSON of a query: the same for every order of keys and every way to leave a default out. */
export function canonicalQuery(query: Query): CanonicalQuery {
  const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  const histograms = sorted(query.histograms).map(([name, histogram]) => [name, sortKeys(histogram) as HistogramQuery] as const);
  const variations = sorted(query.variations).map(([name, { define, ...rest }]): [string, CanonicalVariation] => [
    name,
    { ...(define.size > 0 && { define: Object.fromEntries(sorted(define)) }), ...rest },
  ]);
  const { dataset, filter, weight, totals, rows, name, priority } = query;
  return {
    dataset,
    define: Object.fromEntries(sorted(query.define)),
    filter,
    histograms: Object.fromEntries(histograms),
    ...(weight && { weight }),
    ...(totals.size > 0 && { totals: Object.fromEntries(sorted(totals)) }),
    // Not sorted: rows are written with their columns in this order.
    ...(rows && { rows }),
    ...(variations.length > 0 && { variations: Object.fromEntries(variations) }),
    ...(name && { name }),
    priority,
  };
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sortKeys(each)]),
  );
}

function describeIssue(issue: z.core.$ZodIssue): QueryIssue[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.slice(0, mostIssues).map((key) => ({
      at: pointer([...issue.path, key]),
      message: `'${key}' is not known here`,
      near: nearKeys(key, issue.path),
    }));
  }
  if (issue.code === "invalid_key") return issue.issues.map((inner) => ({ at: pointer(issue.path), message: `the name ${inner.message}` }));
  return [{ at: pointer(issue.path), message: issue.message }];
}

const keysAt: Readonly<Record<number, readonly string[]>> = {
  0: Object.keys(schema.shape),
  2: Object.keys(histogram.shape),
  4: axisFields,
};
const nearKeys = (key: string, path: readonly PropertyKey[]) =>
  nearNames(key, path[0] === "variations" ? Object.keys(variation.def.shape) : (keysAt[path.length] ?? []));
