/**
 * The expressions of one query, checked: defines when they are first used, each fault at its place in the query. After a fault
 * the rest is checked on, so that a query hears of all its faults at once.
 */
import { checkExpression } from "../check/check-expression.ts";
import type { Checker } from "../check/checker.ts";
import { namesOf } from "../check/dataset-names.ts";
import { Formulas } from "../check/four-vector.ts";
import { functionNames } from "../check/functions.ts";
import { parseExpression } from "../expression/parse-expression.ts";
import { ExpressionError, placeOf } from "../expression/tree.ts";
import type { Schema } from "../program/schema.ts";
import { type Term, Terms, TermsTooLarge } from "../program/term.ts";
import { describeType } from "../program/types.ts";
import { pointer, type Query } from "./query.ts";
import type { QueryIssue } from "./query-error.ts";

/** Checking ends after this many faults. */
const mostIssues = 50;

export type Path = readonly (string | number)[];
type Wanted = "boolean" | "number" | "number or list";

export interface QueryChecker {
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

/** Faults go to `issues`. */
export function openChecker(query: Query, schema: Schema, issues: QueryIssue[]): QueryChecker {
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
