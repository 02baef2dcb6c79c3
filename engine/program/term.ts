/**
 * The checked form of expressions: typed, names resolved, four-vectors spelled out in numbers. Terms are shared: what is
 * written twice, or through a define, is one term, so comparing terms compares meaning up to spelling.
 *
 * A function (`m => …`) is a body over the parameter of its level, 0 for the outermost function; the operations that take
 * one carry the level as their literal. `free` tells which levels' parameters a term depends on.
 */
import { type Type, typeKey } from "./types.ts";

export type Operation =
  /** literal: the value */
  | "number"
  | "boolean"
  /** literal: name of a column with one value per event */
  | "column"
  /** literal: name of a collection; elements are records, or numbers where its only column is a plain list */
  | "collection"
  /** literal: level */
  | "param"
  /** literal: level; the place of the parameter in its list, from 0 */
  | "position"
  /** args: record; literal: name */
  | "field"
  /** args: the fields, in the order of the type's map; then, where the record may be missing, whether it is there */
  | "record"
  /** args: tuple; literal: place */
  | "member"
  | "negate"
  | "add"
  | "subtract"
  | "multiply"
  | "divide"
  | "remainder"
  | "power"
  | "equal"
  | "not-equal"
  | "less"
  | "less-equal"
  | "greater"
  | "greater-equal"
  /** args: two records of lists; true where they are the same element */
  | "same"
  | "and"
  | "or"
  | "not"
  /** args: test, yes, no (numbers or booleans) */
  | "conditional"
  | "coalesce"
  | "is-present"
  /** args: numbers; literal: name */
  | "function"
  /** args: list, body; literal: level */
  | "map"
  | "filter"
  | "some"
  | "every"
  /** args: list */
  | "length"
  | "sum"
  | "smallest"
  | "largest"
  | "pairs"
  /** args: list, number */
  | "index"
  | "at";

export type Literal = string | number | boolean;

export interface Term {
  /** Unique among the terms of one query; a term's arguments have smaller ones. */
  readonly id: number;
  readonly operation: Operation;
  readonly args: readonly Term[];
  readonly literal?: Literal;
  readonly type: Type;
  /** Bit n: depends on the parameter of level n. */
  readonly free: number;
  /** Bit n: depends on the place of that parameter in its list. */
  readonly positions: number;
  /** Terms inside one another, itself counted. */
  readonly depth: number;
  /** Rough cost of evaluating it once, in simple instructions. */
  readonly cost: number;
}

export const deepestLevel = 30;
/** A query of more terms than this is refused. */
export const mostTerms = 5_000;
/** So is one whose terms are nested deeper than this, defines counted in: what walks terms recurses. */
export const deepestTerm = 1_000;

const withFunction: ReadonlySet<Operation> = new Set<Operation>(["map", "filter", "some", "every"]);
const costs: Partial<Record<Operation, number>> = {
  number: 0,
  boolean: 0,
  param: 0,
  position: 0,
  record: 0,
  member: 0,
  divide: 5,
  remainder: 40,
  power: 60,
  function: 25,
  length: 2,
  sum: 20,
  smallest: 20,
  largest: 20,
  some: 20,
  every: 20,
  index: 5,
  at: 5,
  pairs: 40,
};

/** As a bit: the level whose parameter an argument of a term gets its meaning from there; 0 for all but functions. */
export const boundLevel = (term: { readonly operation: Operation; readonly literal?: Literal | undefined }, index: number): number =>
  index === 1 && withFunction.has(term.operation) ? 1 << Number(term.literal) : 0;

/** Thrown where a query's terms are too many or nested too deeply; the checker turns it into an error at its place. */
export class TermsTooLarge extends Error {}

/** Makes terms, each only once. */
export class Terms {
  readonly #known = new Map<string, Term>();

  make(operation: Operation, type: Type, args: readonly Term[], literal?: Literal): Term {
    const written = typeof literal === "number" && Object.is(literal, -0) ? "-0" : String(literal);
    // What a parameter stands for only its type tells; every other term's type follows from its parts.
    const kind = operation === "param" ? typeKey(type) : "";
    const key = `${operation}${kind}|${typeof literal}:${written}|${args.map((arg) => arg.id).join(",")}`;
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#known.size >= mostTerms)
      throw new TermsTooLarge(`the query is too large: its expressions have more than ${mostTerms} different parts`);
    const depth = 1 + args.reduce((deepest, arg) => Math.max(deepest, arg.depth), 0);
    if (depth > deepestTerm)
      throw new TermsTooLarge(`the query's expressions are nested too deeply: with the defines they use, more than ${deepestTerm} levels`);
    let free = operation === "param" || operation === "position" ? 1 << Number(literal) : 0;
    let positions = operation === "position" ? free : 0;
    let cost = costs[operation] ?? 1;
    args.forEach((arg, index) => {
      const bound = boundLevel({ operation, literal }, index);
      free |= arg.free & ~bound;
      positions |= arg.positions & ~bound;
      cost += bound ? arg.cost * 3 : arg.cost;
    });
    const term: Term = {
      id: this.#known.size,
      operation,
      args,
      ...(literal === undefined ? {} : { literal }),
      type,
      free,
      positions,
      depth,
      cost: Math.min(cost, 1e6),
    };
    this.#known.set(key, term);
    return term;
  }
}

/** Every term that these depend on, themselves included, arguments before what uses them. */
export function reachable(roots: readonly Term[]): readonly Term[] {
  const seen = new Set<Term>();
  const visit = (term: Term): void => {
    if (seen.has(term)) return;
    for (const arg of term.args) visit(arg);
    seen.add(term);
  };
  for (const root of roots) visit(root);
  return [...seen];
}
