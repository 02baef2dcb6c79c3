/**
 * Query + schema → program. All errors of a query are found here, each with its place; nothing has been queued yet.
 * The histograms of a program have no names: `order` says which of them each name of the query means.
 */

import { kindOf } from "../axes/axes.ts";
import { checkExpression } from "../check/check-expression.ts";
import type { Checker } from "../check/checker.ts";
import { namesOf } from "../check/dataset-names.ts";
import { Formulas } from "../check/four-vector.ts";
import { functionNames } from "../check/functions.ts";
import { parseExpression } from "../expression/parse-expression.ts";
import { ExpressionError, placeOf } from "../expression/tree.ts";
import { unmapped } from "../lists/map.ts";
import { listInputs } from "../program/list-inputs.ts";
import { lambdaOf, mapOver } from "../program/make-terms.ts";
import { type HistogramTerms, type Program, type ProgramTerms, rootsOf, writeProgram } from "../program/program.ts";
import type { Schema } from "../program/schema.ts";
import { type Term, Terms, TermsTooLarge } from "../program/term.ts";
import { describeType, number, withOptional } from "../program/types.ts";
import { defaultStorage, storages } from "../storages/storages.ts";
import { type HistogramQuery, pointer, type Query } from "./query.ts";
import { QueryError, type QueryIssue } from "./query-error.ts";

/** Checking ends after this many faults. */
const mostIssues = 50;

export interface PlannedQuery {
  readonly terms: ProgramTerms;
  readonly program: Program;
  /** Name of a histogram → its place in the program. */
  readonly order: ReadonlyMap<string, number>;
}

/** Throws `QueryError` with every fault that was found. */
export function planQuery(query: Query, schema: Schema): PlannedQuery {
  const issues: QueryIssue[] = [];
  const checker = openChecker(query, schema, issues);
  for (const name of query.define.keys()) checker.check(() => checker.define(name));
  const filters = query.filter.map((text, index) =>
    checker.expression(text, query.filter.length === 1 ? ["filter"] : ["filter", index], "a filter", "boolean"),
  );
  const weight = query.weight === undefined ? undefined : checker.expression(query.weight, ["weight"], "the query's weight", "number");
  const planned = [...query.histograms].map(([name, histogram]) => ({ name, histogram: planHistogram(name, histogram, weight, checker) }));
  if (issues.length > 0) throw new QueryError(issues);

  const unordered = planned.flatMap(({ name, histogram }) => (histogram ? [{ name, histogram }] : []));
  const written = new Map<string, { readonly histogram: HistogramTerms; readonly names: string[] }>();
  for (const { name, histogram } of unordered) {
    const key = JSON.stringify(writeProgram({ inputs: [], filters: [], histograms: [histogram] }));
    const same = written.get(key);
    if (same) same.names.push(name);
    else written.set(key, { histogram, names: [name] });
  }
  const sorted = [...written].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
  const body = {
    filters: filters.filter((term) => term !== undefined),
    ...(weight && { weight }),
    histograms: sorted.map(({ histogram }) => histogram),
  };
  const terms: ProgramTerms = { inputs: listInputs(rootsOf(body), schema), ...body };
  return { terms, program: writeProgram(terms), order: new Map(sorted.flatMap(({ names }, index) => names.map((name) => [name, index]))) };
}

type Path = readonly (string | number)[];
type Wanted = "boolean" | "number" | "number or list";

interface QueryChecker {
  readonly terms: Terms;
  /** Runs a step; a fault becomes an issue. */
  check(step: () => Term | undefined): Term | undefined;
  define(name: string): Term | undefined;
  expression(text: string, path: Path, who: string, wanted: Wanted): Term | undefined;
  /** `isExpression`: of the whole expression at this path. */
  fault(path: Path, message: string, isExpression?: boolean): undefined;
}

/** A fault that is among the issues already, in the define that others use. */
class Reported extends Error {}

function openChecker(query: Query, schema: Schema, issues: QueryIssue[]): QueryChecker {
  const terms = new Terms();
  const dataset = namesOf(schema, terms);
  const known = new Map<string, Term | "being checked" | "wrong">();
  const root: Checker = {
    terms,
    formulas: new Formulas(terms),
    dataset,
    define: useDefine,
    defineNames: [...query.define.keys()],
    params: new Map(),
    level: 0,
    check: checkExpression,
  };

  function useDefine(name: string, offset: number): Term | undefined {
    const state = known.get(name);
    if (state === "wrong") throw new Reported();
    if (state === "being checked") {
      const cycle = [...known].filter(([, each]) => each === "being checked").map(([each]) => each);
      throw new ExpressionError(`the defines go in a circle: ${[...cycle.slice(cycle.indexOf(name)), name].join(" → ")}`, offset);
    }
    if (state) return state;
    const text = query.define.get(name);
    if (text === undefined) return undefined;
    known.set(name, "being checked");
    try {
      const own: Checker = { ...root, define: (inner, at) => (inner === name ? ownColumn(name, at) : useDefine(inner, at)) };
      const term = locate(text, ["define", name], () => checkExpression(parseExpression(text), own));
      known.delete(name);
      known.set(name, term);
      return term;
    } catch (error) {
      known.set(name, "wrong");
      throw error;
    }
  }

  /** Inside a define its own name means the column that it shadows. */
  function ownColumn(name: string, offset: number): Term {
    const column = dataset.lookUp(name);
    if (column) return column;
    throw new ExpressionError(`the define '${name}' uses itself, and there is no column '${name}' that it could mean`, offset);
  }

  /** Gives faults of an expression their place in the query. */
  function locate(text: string, path: Path, step: () => Term): Term {
    try {
      return step();
    } catch (error) {
      if (error instanceof ExpressionError) {
        issues.push({
          at: pointer(path),
          message: error.message,
          ...placeOf(text, error.offset),
          ...(error.near.length > 0 && { near: error.near }),
        });
        throw new Reported();
      }
      if (error instanceof TermsTooLarge) {
        issues.push({ at: pointer(path), message: error.message });
        throw new Reported();
      }
      throw error;
    }
  }

  function check(step: () => Term | undefined): Term | undefined {
    if (issues.length >= mostIssues) return undefined;
    try {
      return step();
    } catch (error) {
      if (error instanceof Reported) return undefined;
      throw error;
    }
  }

  return {
    terms,
    check,
    define(name) {
      if (functionNames.includes(name))
        issues.push({ at: pointer(["define", name]), message: `'${name}' is a function of the language: choose another name` });
      return useDefine(name, 0);
    },
    expression: (text, path, who, wanted) =>
      check(() =>
        locate(text, path, () => {
          const term = checkExpression(parseExpression(text), root);
          const kind = term.type.kind;
          if (wanted === "number or list" ? kind === "number" || kind === "boolean" || kind === "list" : kind === wanted) return term;
          throw new ExpressionError(
            `${who} must be a ${wanted === "number or list" ? "number or a list of numbers" : wanted}, but this is ${describeType(term.type)}`,
            0,
          );
        }),
      ),
    fault(path, message, isExpression = true) {
      issues.push({ at: pointer(path), message, ...(isExpression && { line: 1, column: 1 }) });
      return undefined;
    },
  };
}

function planHistogram(name: string, query: HistogramQuery, weight: Term | undefined, checker: QueryChecker): HistogramTerms | undefined {
  const path: Path = ["histograms", name];
  const axes = query.axes.map((axis, index) => {
    const at: Path = [...path, "axes", index, "value"];
    const { value: text, label: _, ...shape } = axis;
    const value = fillValue(checker.expression(text, at, "the value of an axis", "number or list"), at, checker, kindOf(axis).takes);
    return value && { axis: shape, value };
  });
  const filter =
    query.filter === undefined ? undefined : checker.expression(query.filter, [...path, "filter"], "a histogram's filter", "boolean");
  const weightPath: Path = [...path, "weight"];
  const own =
    query.weight === undefined
      ? undefined
      : fillValue(checker.expression(query.weight, weightPath, "a histogram's weight", "number or list"), weightPath, checker, "number");
  const isWeighted = query.weight !== undefined || weight !== undefined;
  const storage = query.storage ?? defaultStorage(isWeighted);
  if (isWeighted && !storages[storage].takesWeight) {
    const message = `storage ${storage} takes no weight: use ${defaultStorage(true)}, or leave the weights out`;
    return checker.fault([...path, "storage"], message, false);
  }
  const found = axes.filter((axis) => axis !== undefined);
  if (found.length < axes.length || (query.filter !== undefined && !filter) || (query.weight !== undefined && !own)) return undefined;

  const places = [...query.axes.map((_, index) => [...path, "axes", index, "value"]), weightPath];
  const lists = [...found.map(({ value }) => value), ...(own ? [own] : [])]
    .map((term, index) => ({ base: term.type.kind === "list" ? unmapped(term) : undefined, path: places[index] }))
    .filter(({ base }) => base);
  const stray = lists.find(({ base }) => base !== lists[0].base);
  if (stray) {
    return checker.fault(
      stray.path,
      "this list is not derived from the same list as the other axis: fill lists together only when they come from one list by map or a field; for all combinations use cross",
    );
  }
  const weights = [weight, own].filter((term) => term !== undefined);
  return {
    axes: found,
    ...(filter && { filter }),
    ...(weights.length > 0 && { weight: multiplyWeights(weights, checker.terms) }),
    storage,
  };
}

function fillValue(term: Term | undefined, path: Path, checker: QueryChecker, wanted: "number" | "boolean"): Term | undefined {
  const element = term?.type.kind === "list" ? term.type.element : term?.type;
  if (!element || element.kind === wanted) return term;
  if (element.kind === "list")
    return checker.fault(path, "this is a list of lists: make it one list with flatMap, or reduce the inner lists (sum, min, max, length)");
  return checker.fault(
    path,
    `this is ${describeType(term!.type)}: a histogram is filled with ${wanted}s${element.kind === "boolean" ? "; use '? 1 : 0'" : ""}`,
  );
}

/** The query's weight times the histogram's own, for each element where the latter is a list. */
function multiplyWeights([first, second]: readonly Term[], terms: Terms): Term {
  if (!second) return first;
  const product = (a: Term, b: Term) =>
    terms.make(
      "multiply",
      withOptional(
        number,
        [a, b].some(({ type }) => type.kind === "number" && type.optional),
      ),
      [a, b],
    );
  if (second.type.kind !== "list") return product(first, second);
  const body = product(first, terms.make("param", second.type.element, [], 0));
  return mapOver(terms, second, lambdaOf(terms, body, 0));
}
