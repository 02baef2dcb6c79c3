/**
 * Query + schema → program. All errors of the query are found here, each with its place, before anything is queued.
 * A program's histograms have no names: `order` tells which of them each name of the query means.
 */

import { listInputs } from "../program/inputs.ts";
import { type HistogramTerms, type Program, type ProgramTerms, rootsOf, writeProgram } from "../program/program.ts";
import { pruneRecords } from "../program/prune-records.ts";
import type { Schema } from "../program/schema.ts";
import { reachable, type Term } from "../program/term.ts";
import { boolean, number } from "../program/types.ts";
import { checkHistogram } from "./check-histogram.ts";
import type { Query } from "./query.ts";
import { openChecker, type Path, type QueryChecker, type Varied } from "./query-checker.ts";
import { QueryError, type QueryIssue } from "./query-error.ts";

/** The program of a query, or of one of its variations, over data of a schema. */
export interface OneProgram {
  /** The program as terms, for `compileProgram`. */
  readonly terms: ProgramTerms;
  readonly program: Program;
  /** For each name of a histogram, its index in the program. */
  readonly order: ReadonlyMap<string, number>;
  /** For each name of a total, its index in the program. */
  readonly totalOrder: ReadonlyMap<string, number>;
  /** For each name of a column of rows, its index in the program. */
  readonly rowOrder: ReadonlyMap<string, number>;
  /** The term of each define, by its name. */
  readonly defines: ReadonlyMap<string, Term>;
}

export interface QueryProgram extends OneProgram {
  /** By name, in the query's order. Several may have the same program, which may also be the query's own. */
  readonly variations: ReadonlyMap<string, OneProgram>;
}

/** Throws `QueryError` with every fault that was found. */
export function makeProgram(query: Query, schema: Schema): QueryProgram {
  const steps = makeProgramInSteps(query, schema);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * As `makeProgram`, with a pause after each define, filter, column of rows and histogram. Checking a large query takes long; a server can serve other
 * clients in these pauses.
 */
export function* makeProgramInSteps(query: Query, schema: Schema): Generator<void, QueryProgram> {
  const checker = openChecker(query, schema);
  const nominal = yield* makeOne(query, schema, checker);
  const variations = new Map<string, OneProgram>();
  const issues: QueryIssue[] = [];
  for (const [name, variation] of query.variations) {
    try {
      const varied = { name, variation, nominal: checker };
      variations.set(name, yield* makeOne(query, schema, openChecker(query, schema, varied), varied));
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      issues.push(...error.issues);
    }
  }
  if (issues.length > 0) throw new QueryError(issues);
  return { ...nominal, variations };
}

function* makeOne(query: Query, schema: Schema, checker: QueryChecker, varied?: Varied): Generator<void, OneProgram> {
  const { issues } = checker;
  const own = varied?.variation;
  const pathTo = (part: "filter" | "weight"): Path => (own?.[part] === undefined ? [part] : ["variations", varied!.name, part]);
  const defines = new Map<string, Term>();
  for (const name of usedFirst(new Map([...query.define, ...(own?.define ?? [])]))) {
    const define = checker.check(() => checker.define(name));
    if (define) defines.set(name, define);
    yield;
  }
  const texts = own?.filter ?? query.filter;
  const filters: (Term | undefined)[] = [];
  for (const [index, text] of texts.entries()) {
    filters.push(checker.expression(text, texts.length === 1 ? pathTo("filter") : [...pathTo("filter"), index], "a filter", "boolean"));
    yield;
  }
  const weight = weightOf(checker, query, own?.weight, pathTo("weight"));
  const totals = new Map<string, Term>();
  for (const [name, text] of query.totals) {
    const total = checker.expression(text, ["totals", name], "a total", "number");
    if (total) totals.set(name, total);
  }
  // Only the query itself has rows; its variations have none.
  const columns = new Map<string, Term>();
  for (const [name, text] of varied ? [] : Object.entries(query.rows?.columns ?? {})) {
    const column = checker.expression(text, ["rows", "columns", name], "a column of rows", "value");
    if (column) columns.set(name, column);
    yield;
  }
  const written = new Map<string, { readonly histogram: HistogramTerms; readonly names: string[] }>();
  for (const [name, each] of query.histograms) {
    const histogram = checkHistogram(checker, { name, query: each, weight });
    if (histogram && issues.length === 0) {
      const isAlone = query.histograms.size === 1;
      const key = isAlone ? "" : JSON.stringify(writeProgram({ inputs: [], filters: [], histograms: [histogram] }));
      const same = written.get(key);
      if (same) same.names.push(name);
      else written.set(key, { histogram, names: [name] });
    }
    yield;
  }
  if (issues.length > 0) throw new QueryError(issues);

  const sorted = [...written].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
  const summed = sortTerms(totals.values());
  const listed = sortTerms(columns.values());
  // With a weight, a first filter that every event passes makes the partial hold the sum of all weights.
  const all = weight ? [checker.terms.make("boolean", boolean, [], true)] : [];
  const body = {
    filters: [...all, ...filters.filter((term) => term !== undefined)],
    ...(weight && { weight }),
    ...(summed.length > 0 && { totals: summed }),
    histograms: sorted.map(({ histogram }) => histogram),
    ...(listed.length > 0 && { rows: { columns: listed, limit: query.rows!.limit } }),
  };
  // Pruning makes no more terms than there are already, so it needs no limit.
  checker.terms.allowMore(Number.POSITIVE_INFINITY);
  const pruned = pruneRecords(body, checker.terms, checker.shared.pruned);
  const order = reachable(rootsOf(pruned.body));
  const terms: ProgramTerms = { inputs: listInputs(order, schema), ...pruned.body };
  return {
    terms,
    program: writeProgram(terms, order),
    order: new Map(sorted.flatMap(({ names }, index) => names.map((name) => [name, index]))),
    totalOrder: new Map([...totals].map(([name, total]) => [name, summed.indexOf(total)])),
    rowOrder: new Map([...columns].map(([name, column]) => [name, listed.indexOf(column)])),
    defines: new Map([...defines].map(([name, term]) => [name, pruned.of(term)])),
  };
}

/** The weight of the query or of a variation. In a variation's own weight the name `weight` means the nominal one, or 1 if there is none. */
function weightOf(checker: QueryChecker, query: Query, own: string | undefined, path: Path): Term | undefined {
  const usual = (isNominal: boolean) =>
    query.weight === undefined ? undefined : checker.expression(query.weight, ["weight"], "the query's weight", "number", { isNominal });
  if (own === undefined) return usual(false);
  const nominal = usual(true) ?? checker.terms.make("number", number, [], 1);
  return checker.expression(own, path, "a variation's weight", "number", { names: new Map([["weight", nominal]]) });
}

/** Each different term once, in an order that does not depend on how the query is written. */
function sortTerms(terms: Iterable<Term>): readonly Term[] {
  const keyed = [...new Set(terms)].map((term) => ({
    term,
    key: JSON.stringify(writeProgram({ inputs: [], filters: [term], histograms: [] })),
  }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ term }) => term);
}

/**
 * The names of the defines, each after the defines that its text mentions, so that checking one does not recurse into others. If defines go in a
 * circle, they keep the query's order, so that the error names the circle from its first define.
 */
function usedFirst(define: Query["define"]): Iterable<string> {
  const begun = new Set<string>();
  const names = new Set<string>();
  let isCircle = false;
  const visit = (name: string, user?: string): void => {
    const text = define.get(name);
    if (text === undefined || names.has(name)) return;
    // Inside a define its own name means a column, so this is no circle.
    isCircle ||= begun.has(name) && name !== user;
    if (begun.has(name)) return;
    begun.add(name);
    for (const [word] of text.matchAll(/[a-z_$][\w$]*/gi)) visit(word, name);
    names.add(name);
  };
  for (const name of define.keys()) visit(name);
  return isCircle ? define.keys() : names;
}
