/**
 * Recognizes components of four-vectors in a program, where `(a + b).mass` has become arithmetic on numbers. It makes again the terms that the checker
 * would make for the components of the program's records and of their sums, and compares.
 */
import { type Component, components, Formulas, isFourVector } from "../check/four-vector.ts";
import { reachable, type Term, Terms, TermsTooLarge } from "../program/term.ts";

/** A component of a record, or of the sum of several. */
export interface NamedComponent {
  readonly records: readonly Term[];
  readonly component: Component;
}

/** The most terms that are made for this; components that are then not found are shown as arithmetic. */
const mostTerms = 40_000;

export function nameComponents(roots: readonly Term[]): ReadonlyMap<Term, NamedComponent> {
  const terms = new Terms(mostTerms);
  const formulas = new Formulas(terms);
  const copies = new Map<Term, Term>();
  const originals = new Map<Term, Term>();
  const found = new Map<Term, { readonly vector: Term; readonly component: Component }>();
  const records = new Map<Term, readonly Term[]>();
  const nameAll = (vector: Term, parts: readonly Term[]): void => {
    if (records.has(vector)) return;
    records.set(vector, parts);
    for (const component of components) {
      const term = formulas.component(vector, component);
      if (term.operation !== "number" && !found.has(term)) found.set(term, { vector, component });
    }
  };
  try {
    for (const term of reachable(roots)) {
      const copy = terms.make(
        term.operation,
        term.type,
        term.args.map((arg) => copies.get(arg)!),
        term.literal,
      );
      copies.set(term, copy);
      originals.set(copy, term);
      if (isFourVector(term.type) && term.operation !== "record") nameAll(copy, [term]);
      const [one, other] = term.operation === "add" ? copy.args.map((arg) => found.get(arg)) : [];
      const [left, right] = [one && records.get(one.vector), other && records.get(other.vector)];
      if (one?.component === "px" && other?.component === "px" && left && right?.length === 1)
        nameAll(formulas.sum(one.vector, other.vector), [...left, ...right]);
    }
  } catch (error) {
    if (!(error instanceof TermsTooLarge)) throw error;
  }
  const named = new Map<Term, NamedComponent>();
  for (const [copy, { vector, component }] of found) {
    const term = originals.get(copy);
    if (term) named.set(term, { records: records.get(vector)!, component });
  }
  return named;
}
