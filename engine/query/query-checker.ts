/**
 * Checks the expressions of one query. A define is checked when it is first used. Each fault has its place in the query, and checking goes on after
 * it, so that a client learns of all faults at once.
 *
 * In a variation, each name that it varies means the variation's define wherever it is used. Only inside that define the name means the nominal
 * one, in which all names mean what they mean in the query.
 */
import { checkExpression } from "../check/check-expression.ts";
import { adviceFor, type Checker } from "../check/checker.ts";
import { type DatasetNames, namesOf } from "../check/dataset-names.ts";
import { Formulas } from "../check/four-vector.ts";
import { functionNames } from "../check/functions.ts";
import { refuseInteger } from "../check/integers.ts";
import { parseExpression } from "../expression/parse-expression.ts";
import { ExpressionError, placeOf } from "../expression/tree.ts";
import type { PrunedTerms } from "../program/prune-records.ts";
import type { Schema } from "../program/schema.ts";
import { type Term, Terms, TermsTooLarge } from "../program/term.ts";
import { describeType, isScalar } from "../program/types.ts";
import { pointer } from "./check-names-and-sizes.ts";
import type { Query, Variation } from "./query.ts";
import type { QueryIssue } from "./query-error.ts";

/** Checking ends after this many faults. */
const mostIssues = 50;

const whatIsWanted: Readonly<Record<Wanted, string>> = {
  boolean: "a boolean",
  number: "a number",
  "number or list": "a number or a list of numbers",
  value: "one number, boolean or string per event",
};

export type Path = readonly (string | number)[];
type Wanted = "boolean" | "number" | "number or list" | "value";

export interface QueryChecker {
  readonly terms: Terms;
  /** The faults found so far. */
  readonly issues: QueryIssue[];
  readonly shared: Shared;
  /** Runs a step; returns undefined if it found a fault, which is then among the issues. */
  check(step: () => Term | undefined): Term | undefined;
  define(name: string): Term | undefined;
  expression(text: string, path: Path, who: string, wanted: Wanted, options?: ExpressionOptions): Term | undefined;
  /** Adds a fault. With `isExpression` it concerns the whole expression at this path, and gets line and column 1. */
  fault(path: Path, message: string, isExpression?: boolean): undefined;
}

export interface ExpressionOptions {
  /** In a variation, true if names mean what they mean without it. */
  readonly isNominal?: boolean;
  /** Meanings of further names, which take precedence over all others. */
  readonly names?: ReadonlyMap<string, Term>;
}

/** A variation, its name, and the checker that has checked the query itself without faults. */
export interface Varied {
  readonly name: string;
  readonly variation: Variation;
  readonly nominal: QueryChecker;
}

/** The term of a text, and the names that it depends on: those in the text, and those in the defines that it uses. */
interface Meaning {
  readonly term: Term;
  readonly names: ReadonlySet<string>;
}

type Known = Map<string, Meaning | "being checked" | "wrong">;

/** Shared by the checkers of a query and its variations, so that an expression with the same meaning in several is checked once and is one term. */
export interface Shared {
  readonly terms: Terms;
  readonly formulas: Formulas;
  readonly dataset: DatasetNames;
  /** The query's own defines. */
  readonly defines: Known;
  /** The query's own expressions, by their JSON pointers. */
  readonly expressions: Map<string, Meaning>;
  readonly pruned: PrunedTerms;
  /** Collects the names that are looked up while a text is checked. */
  names: Set<string>;
}

/** How names are looked up: the texts of defines, and the meaning of a define's name inside its own text (`own`). */
interface Scope {
  readonly text: (name: string) => string | undefined;
  readonly path: (name: string) => Path;
  readonly own: (name: string, offset: number) => Term;
  readonly known: Known;
}

/** Thrown after a fault was added to the issues, and wherever a define with such a fault is used. */
class Reported extends Error {}

function share(schema: Schema): Shared {
  const terms = new Terms();
  const [formulas, dataset] = [new Formulas(terms), namesOf(schema, terms)];
  return { terms, formulas, dataset, defines: new Map(), expressions: new Map(), pruned: new Map(), names: new Set() };
}

export function openChecker(query: Query, schema: Schema, varied?: Varied): QueryChecker {
  const issues: QueryIssue[] = [];
  const shared = varied?.nominal.shared ?? share(schema);
  const { terms, formulas, dataset } = shared;
  terms.allowMore();
  const nominal: Scope = {
    text: (name) => query.define.get(name),
    path: (name) => ["define", name],
    own: ownColumn,
    known: shared.defines,
  };
  const scope: Scope = varied ? variedScope(varied) : nominal;
  const root: Checker = {
    terms,
    formulas,
    dataset,
    define: (name, offset) => useDefine(scope, name, offset),
    defineNames: [...query.define.keys()],
    params: new Map(),
    level: 0,
    check: checkExpression,
  };

  function variedScope({ name: variation, variation: { define } }: Varied): Scope {
    return {
      text: (name) => define.get(name) ?? query.define.get(name),
      path: (name) => (define.has(name) ? ["variations", variation, "define", name] : ["define", name]),
      own: (name, offset) => (define.has(name) ? useDefine(nominal, name, offset) : undefined) ?? ownColumn(name, offset),
      known: new Map(),
    };
  }

  /** The meaning that a text has in the query itself, if it depends on no name that the variation varies. */
  const ifSame = (meaning: Meaning | string | undefined): Meaning | undefined => {
    if (typeof meaning !== "object" || !varied) return undefined;
    for (const name of varied.variation.define.keys()) if (meaning.names.has(name)) return undefined;
    return meaning;
  };

  function noteNames(step: () => Term): Meaning {
    const outer = shared.names;
    const names = new Set<string>();
    shared.names = names;
    try {
      return { term: step(), names };
    } finally {
      shared.names = outer;
      for (const name of names) outer.add(name);
    }
  }

  function useDefine(scope: Scope, name: string, offset: number): Term | undefined {
    shared.names.add(name);
    const { known } = scope;
    const same = scope !== nominal && !varied!.variation.define.has(name) ? ifSame(nominal.known.get(name)) : undefined;
    const state = known.get(name) ?? same;
    if (state === "wrong") throw new Reported();
    if (state === "being checked") {
      const cycle = [...known].filter(([, each]) => each === "being checked").map(([each]) => each);
      throw new ExpressionError(`the defines go in a circle: ${[...cycle.slice(cycle.indexOf(name)), name].join(" → ")}`, offset);
    }
    if (state) {
      for (const each of state.names) shared.names.add(each);
      return state.term;
    }
    const text = scope.text(name);
    if (text === undefined) return undefined;
    known.set(name, "being checked");
    try {
      const own: Checker = { ...root, define: (inner, at) => (inner === name ? scope.own(name, at) : useDefine(scope, inner, at)) };
      const meaning = noteNames(() => locate(text, scope.path(name), () => checkExpression(parseExpression(text), own)));
      known.delete(name);
      known.set(name, meaning);
      return meaning.term;
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
          message: inVariation(path, error.message),
          ...placeOf(text, error.offset),
          ...(error.near.length > 0 && { near: error.near }),
        });
        throw new Reported();
      }
      if (error instanceof TermsTooLarge) {
        issues.push({ at: pointer(path), message: inVariation(path, error.message) });
        throw new Reported();
      }
      throw error;
    }
  }

  /** Names the variation in the message of a fault that only this variation causes in a text of the query. */
  function inVariation([part]: Path, message: string): string {
    return varied && part !== "variations" ? `in the variation '${varied.name}': ${message}` : message;
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

  function checkText(text: string, path: Path, who: string, wanted: Wanted, { isNominal = false, names }: ExpressionOptions): Term {
    return locate(text, path, () => {
      const within = isNominal ? nominal : scope;
      const checker: Checker = {
        ...root,
        define: (name, offset) => names?.get(name) ?? useDefine(within, name, offset),
        defineNames: [...root.defineNames, ...(names?.keys() ?? [])],
      };
      const term = checkExpression(parseExpression(text), checker);
      refuseInteger(term, 0);
      const kind = term.type.kind;
      if (wanted === "value" && isScalar(term.type)) return term;
      if (wanted === "number or list" ? isScalar(term.type) || kind === "list" : kind === wanted) return term;
      throw new ExpressionError(
        `${who} must be ${whatIsWanted[wanted]}, but this is ${describeType(term.type)}${adviceFor(term.type, wanted)}`,
        0,
      );
    });
  }

  return {
    terms,
    issues,
    shared,
    check,
    define(name) {
      const path = scope.path(name);
      if (varied?.variation.define.has(name) && !query.define.has(name) && !dataset.lookUp(name)) {
        const near = dataset.near(name, query.define.keys());
        const message = `there is no '${name}' to vary: a variation changes defines of the query, and columns or collections of the dataset`;
        issues.push({ at: pointer(path), message, ...(near.length > 0 && { near }) });
        throw new Reported();
      }
      if (!varied && functionNames.includes(name))
        issues.push({ at: pointer(path), message: `'${name}' is a function of the language: choose another name` });
      return useDefine(scope, name, 0);
    },
    expression(text, path, who, wanted, options = {}) {
      const at = pointer(path);
      const own = shared.expressions.get(at);
      const known = options.isNominal && varied ? own : ifSame(own);
      if (known) return known.term;
      return check(() => {
        const meaning = noteNames(() => checkText(text, path, who, wanted, options));
        if (!varied) shared.expressions.set(at, meaning);
        return meaning.term;
      });
    },
    fault(path, message, isExpression = true) {
      issues.push({ at: pointer(path), message: inVariation(path, message), ...(isExpression && { line: 1, column: 1 }) });
      return undefined;
    },
  };
}
