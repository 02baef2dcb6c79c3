/** Describes what a variation adds to the nominal program, with which it runs together. */
import { type ProgramTerms, rootsOf } from "../program/program.ts";
import { reachable, type Term, Terms } from "../program/term.ts";
import { ownCost } from "./cost.ts";

export interface VariationDescription {
  /** The columns that the variation reads and the nominal program does not. */
  readonly columns: readonly string[];
  /** The number of its terms, and how many of them are not in the nominal program. */
  readonly steps: number;
  readonly added: number;
  /** A rough number of simple instructions per event that it adds. */
  readonly cost: number;
}

export function describeVariation(nominal: ProgramTerms, varied: ProgramTerms): VariationDescription {
  const terms = new Terms(Number.POSITIVE_INFINITY);
  const known = new Set(copyTerms(nominal, terms));
  const own = copyTerms(varied, terms);
  const added = own.filter((term) => !known.has(term));
  const read = columnNames(nominal);
  return {
    columns: [...columnNames(varied)].filter((name) => !read.has(name)),
    steps: own.length,
    added: added.length,
    cost: added.reduce((sum, term) => sum + ownCost(term), 0),
  };
}

function copyTerms(program: ProgramTerms, terms: Terms): readonly Term[] {
  const copies = new Map<Term, Term>();
  for (const term of reachable(rootsOf(program))) {
    const args = term.args.map((arg) => copies.get(arg)!);
    copies.set(term, terms.make(term.operation, term.type, args, term.literal));
  }
  return [...copies.values()];
}

const columnNames = ({ inputs }: ProgramTerms): ReadonlySet<string> =>
  new Set(inputs.flatMap((input) => (input.kind === "offsets" ? [] : [input.column])));
