/**
 * The checked form of expressions: typed, with names resolved and four-vectors expanded to numbers. Terms are shared: an expression that is
 * written twice, or through a define, is one term. So terms are equal if their expressions differ only in spelling.
 *
 * A function (`m => …`) is a `lambda`: its body depends on the parameter of its level, 0 for the outermost function. `free` tells on the parameters
 * of which levels a term depends.
 */
import { type Type, typeKey } from "./types.ts";

/** Operations that only take values apart or combine them, without computing. */
export type PartOperation =
  /** literal: level */
  | "param"
  /** args: body; literal: level. Only as an argument of operators of lists. */
  | "lambda"
  /** args: record; literal: name */
  | "field"
  /** literal: its name and those of its fields; args: the fields in that order, then, if the record may be missing, whether it is present */
  | "record"
  /** args: a record, and the record that it counts as in comparisons; or a record, a test, and the two records of which it is one */
  | "identified"
  /** Stands for a record literal in comparisons. literal: its number; args: the list element from which it is made, if any */
  | "which"
  /** args: tuple; literal: position */
  | "member"
  /** args: the members, then, if the tuple may be missing, whether it is present */
  | "tuple"
  /** args: a value, and a test. If the test is not true, the value is missing, and a list is empty. literal: "empty" for a list that is never missing */
  | "where";

export type ScalarOperation =
  /** literal: the value */
  | "number"
  /** An integer of up to 64 bits that float64 may not hold exactly; literal: its decimal digits */
  | "integer"
  | "boolean"
  | "string"
  /** literal: name of a column with one value per event */
  | "column"
  /** The position of a parameter in its list, from 0; literal: level */
  | "position"
  | "negate"
  | "add"
  | "subtract"
  | "multiply"
  | "divide"
  | "remainder"
  | "power"
  /** This and the other bitwise operations work on 32-bit integers, to which numbers are converted as in JavaScript */
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
  /** args: two elements of lists; true if they are the same element */
  | "same"
  | "and"
  | "or"
  | "not"
  /** args: test, yes, no (numbers, booleans or strings) */
  | "conditional"
  | "coalesce"
  | "is-present"
  /** args: a list; false if it, or a list from which it is made, is null in the file. For other operations such a list is empty */
  | "not-null"
  /** args: numbers; literal: name */
  | "function";

/** The operators of lists by name. `engine/lists` extends this interface. */
// biome-ignore lint/suspicious/noEmptyInterface: it is extended there
export interface ListOperations {}

export type Operation = PartOperation | ScalarOperation | keyof ListOperations;

export type Literal = string | number | boolean;

export interface Term {
  /** Unique among the terms of one query. The arguments of a term have smaller ids. */
  readonly id: number;
  readonly operation: Operation;
  readonly args: readonly Term[];
  readonly literal: Literal | undefined;
  readonly type: Type;
  /** Bit n is set if the term depends on the parameter of level n. */
  readonly free: number;
  /** Bit n is set if the term depends on the position in its list of the parameter of level n. */
  readonly positions: number;
  /** The depth of nested terms, counting this one. */
  readonly depth: number;
  /** Whether this term, or one on which it depends, is a list. */
  readonly hasLists: boolean;
}

export const deepestLevel = 30;
/** The most terms of a query; queries with more are refused. */
const mostTerms = 5_000;
/** The deepest nesting of terms, including defines, since functions that walk terms recurse. */
const deepestTerm = 1_000;

/** The terms of a query are too many or nested too deeply. The checker turns this into an error with the place in the query. */
export class TermsTooLarge extends Error {}

/** Makes terms; asking again for an equal term returns the same object. */
export class Terms {
  readonly #known = new Map<string, Term>();
  readonly #usual: number;
  #most: number;

  /** `make` throws `TermsTooLarge` if a program would add more than `most` terms. */
  constructor(most = mostTerms) {
    this.#usual = most;
    this.#most = most;
  }

  /** Allows up to `most` further terms from now on, for the next program of a query or for another purpose. */
  allowMore(most = this.#usual): void {
    this.#most = this.#known.size + most;
  }

  make(operation: Operation, type: Type, args: readonly Term[], literal?: Literal): Term {
    // Parameters of different types are different terms. The type of every other term follows from its parts.
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

/** These terms and all terms on which they depend; arguments come before the terms that use them. */
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
