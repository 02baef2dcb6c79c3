/** What a variation adds to a program that is run together with it. */
import { type ProgramTerms, rootsOf } from "../program/program.ts";
import { reachable, type Term, Terms } from "../program/term.ts";
import { ownCost } from "./cost.ts";

export interface VariationDescription {
  /** Columns that it reads and the nominal program does not. */
  readonly columns: readonly string[];
  /** Its terms, and how many of them are not in the nominal program. */
  readonly steps: number;
  readonly added: number;
  /** Simple instructions for each event that it adds, roughly. */
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
