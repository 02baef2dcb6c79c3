/** What computing terms costs, roughly: in simple instructions for each event. What several of them need counts once, and a list is taken to have three elements. */
import { operators } from "../compile/operators.ts";
import { reachable, type Term } from "../program/term.ts";

const elements = 3;

/** Of one term, for all elements that its value depends on, where its arguments are there. */
export const ownCost = ({ operation, free }: Term): number => operators[operation].cost * elements ** countBits(free);

export const costOf = (roots: readonly Term[]): number => reachable(roots).reduce((sum, term) => sum + ownCost(term), 0);

function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** Likewise of each of these terms, arguments before what uses them, but that what is needed twice counts twice: what may be dear, found quickly. */
export function roughCosts(all: readonly Term[]): (term: Term) => number {
  const costs = new Map<Term, number>();
  for (const term of all) costs.set(term, Math.min(1e12, ownCost(term) + term.args.reduce((sum, arg) => sum + costs.get(arg)!, 0)));
  return (term) => costs.get(term) ?? 0;
}
