/**
 * The checked form of expressions: typed, names resolved, four-vectors spelled out in numbers. Terms are shared: what is
 * written twice, or through a define, is one term, so comparing terms compares meaning up to spelling.
 *
 * A function (`m => …`) is a `lambda`: a body over the parameter of its level, 0 for the outermost function. `free` tells which
 * levels' parameters a term depends on.
 */
import { type Type, typeKey } from "./types.ts";

/** What takes values that are there apart or puts them together, and computes nothing. */
export type PartOperation =
  /** literal: level */
  | "param"
  /** args: body; literal: level. Only as an argument of operators of lists. */
  | "lambda"
  /** args: record; literal: name */
  | "field"
  /** literal: its name and those of its fields; args: the fields, in that order; then, where the record may be missing, whether it is there */
  | "record"
  /** args: a record, and one that it is, as records are compared; or a record, a test, and the two of which it is one */
  | "identified"
  /** A record literal of which only is left which one it is: its number, and as an argument the element that it is over, where there is one */
  | "which"
  /** args: tuple; literal: place */
  | "member"
  /** args: the members, then, where the tuple may be missing, whether it is there */
  | "tuple"
  /** args: a value, and a test: missing, and empty where it is a list, but where the test is true. literal: "empty" for a list that is never missing */
  | "where";

export type ScalarOperation =
  /** literal: the value */
  | "number"
  /** A 64-bit integer, which no float64 may be; literal: its decimal digits */
  | "integer"
  | "boolean"
  | "string"
  /** literal: name of a column with one value per event */
  | "column"
  /** literal: level; the place of the parameter in its list, from 0 */
  | "position"
  | "negate"
  | "add"
  | "subtract"
  | "multiply"
  | "divide"
  | "remainder"
  | "power"
  /** On the 32-bit integers that numbers stand for in JavaScript */
  | "complement"
  | "bit-and"
  | "bit-or"
  | "bit-xor"
  | "shift-left"
  | "shift-right"
  | "shift-right-unsigned"
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
  /** args: test, yes, no (numbers, booleans or strings) */
  | "conditional"
  | "coalesce"
  | "is-present"
  /** args: a list; false where it, or a list that it is made of, is null in the file. Elsewhere such a list is an empty one */
  | "not-null"
  /** args: numbers; literal: name */
  | "function";

/** The operators of lists: the table of `engine/lists` adds them, by their names. */
// biome-ignore lint/suspicious/noEmptyInterface: it is extended there
export interface ListOperations {}

export type Operation = PartOperation | ScalarOperation | keyof ListOperations;

export type Literal = string | number | boolean;

export interface Term {
  /** Unique among the terms of one query; a term's arguments have smaller ones. */
  readonly id: number;
  readonly operation: Operation;
  readonly args: readonly Term[];
  readonly literal: Literal | undefined;
  readonly type: Type;
  /** Bit n: depends on the parameter of level n. */
  readonly free: number;
  /** Bit n: depends on the place of that parameter in its list. */
  readonly positions: number;
  /** Terms inside one another, itself counted. */
  readonly depth: number;
  /** Whether it, or a term that it is made of, is a list. */
  readonly hasLists: boolean;
}

export const deepestLevel = 30;
/** A query of more terms than this is refused. */
const mostTerms = 5_000;
/** So is one whose terms are nested deeper than this, defines counted in: what walks terms recurses. */
const deepestTerm = 1_000;

/** Thrown where a query's terms are too many or nested too deeply; the checker turns it into an error at its place. */
export class TermsTooLarge extends Error {}

/** Makes terms, each only once. */
export class Terms {
  readonly #known = new Map<string, Term>();
  readonly #usual: number;
  #most: number;

  /** Throws `TermsTooLarge` where a program would add more to them. */
  constructor(most = mostTerms) {
    this.#usual = most;
    this.#most = most;
  }

  /** From here on they are made for the next program of a query, or for another purpose, which needs at most so many. */
  allowMore(most = this.#usual): void {
    this.#most = this.#known.size + most;
  }

  make(operation: Operation, type: Type, args: readonly Term[], literal?: Literal): Term {
    // What a parameter stands for only its type tells; every other term's type follows from its parts.
    let key = operation === "param" ? `param ${typeKey(type)}` : operation;
    if (literal !== undefined) key += `|${typeof literal}:${Object.is(literal, -0) ? "-0" : literal}`;
    for (const { id } of args) key += `,${id}`;
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#known.size >= this.#most)
      throw new TermsTooLarge(`the query is too large: its expressions have more than ${this.#usual} different parts`);
    const own = operation === "param" || operation === "position" ? 1 << Number(literal) : 0;
    let free = own;
    let positions = operation === "position" ? own : 0;
    let depth = 0;
    let hasLists = type.kind === "list";
    for (const arg of args) {
      free |= arg.free;
      positions |= arg.positions;
      depth = Math.max(depth, arg.depth);
      hasLists ||= arg.hasLists;
    }
    if (++depth > deepestTerm)
      throw new TermsTooLarge(`the query's expressions are nested too deeply: with the defines they use, more than ${deepestTerm} levels`);
    if (operation === "lambda") {
      free &= ~(1 << Number(literal));
      positions &= ~(1 << Number(literal));
    }
    const term: Term = { id: this.#known.size, operation, args, literal, type, free, positions, depth, hasLists };
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
