/**
 * What operators ask of the lists they are over. Each finds the operator of the list and passes the question on; a list that is
 * searched and that several terms use is searched once, and its places are kept.
 */
import type { Term } from "../program/term.ts";
import { type Expression, L } from "../wasm/instructions.ts";
import type { Code, Element, Environment } from "./code.ts";
import type { Emitter, ListLoops, LoopBody, Numbered } from "./emitter.ts";
import { iterateKept, kept, loopsOf, numberedKept } from "./kept-list.ts";

interface Resolved {
  readonly term: Term;
  readonly environment: Environment;
  readonly loops: ListLoops;
}

/** The list that a parameter, or a member of one, stands for; any other is itself. */
export function resolve(emitter: Emitter, list: Term, outer: Environment): Resolved {
  const { term, environment } = emitter.lower(list, outer) as Extract<Code, { kind: "list" }>;
  return { term, environment, loops: loopsOf(emitter, term) };
}

const isKept = (emitter: Emitter, { term, loops }: Resolved): boolean => loops.isSearch && (emitter.uses.get(term) ?? 0) > 1;

/** Writes a loop over the elements. */
export function iterate(emitter: Emitter, list: Term, outer: Environment, body: LoopBody): void {
  const { term, environment, loops } = resolve(emitter, list, outer);
  if (isKept(emitter, { term, environment, loops })) iterateKept(emitter, term, environment, body);
  else loops.iterate(emitter, term, environment, body);
}

/** Elements by number; places that are not numbers in content are kept in scratch. */
export function numbered(emitter: Emitter, list: Term, outer: Environment): Numbered {
  const { term, environment, loops } = resolve(emitter, list, outer);
  return loops.numbered?.(emitter, term, environment) ?? numberedKept(emitter, term, environment);
}

/** How many elements there are, i64. */
export function lengthOf(emitter: Emitter, list: Term, outer: Environment): Expression {
  const { term, environment, loops } = resolve(emitter, list, outer);
  if (!isKept(emitter, { term, environment, loops })) return loops.length(emitter, term, environment);
  return emitter.keep(L.fromU32(kept(emitter, term, environment).count));
}

/** No fewer than there are elements, i64. */
export function boundOf(emitter: Emitter, list: Term, outer: Environment): Expression {
  const { term, environment, loops } = resolve(emitter, list, outer);
  return loops.bound(emitter, term, environment);
}

/** How many i32 tell where an element lies. */
export function placesOf(emitter: Emitter, list: Term, outer: Environment): number {
  const { term, environment, loops } = resolve(emitter, list, outer);
  return loops.places(emitter, term, environment);
}

export function knowsPositions(emitter: Emitter, list: Term, outer: Environment): boolean {
  const { term, environment, loops } = resolve(emitter, list, outer);
  return loops.knowsPositions(emitter, term, environment);
}

/** The element that lies at a place; its position is known only where the list knows positions. */
export function elementAt(
  emitter: Emitter,
  list: Term,
  outer: Environment,
  where: { readonly place: readonly Expression[]; readonly isThere?: Expression | undefined },
): Element {
  const { term, environment, loops } = resolve(emitter, list, outer);
  return loops.at(emitter, term, environment, where.place, where.isThere);
}

/** The position of an element that lies at a place of a list that does not know positions: who asks for it has to count. */
export const uncounted = (): Expression => {
  throw new Error("Cannot tell the position of an element from its place alone");
};
