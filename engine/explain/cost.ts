/** A rough cost of computing terms, in simple instructions per event. A shared term counts once; each list is assumed to have three elements. */
import { operators } from "../compile/operators.ts";
import { reachable, type Term } from "../program/term.ts";

const elements = 3;

/** The cost of one term without its arguments, for all elements that its value depends on. */
export const ownCost = ({ operation, free }: Term): number => operators[operation].cost * elements ** countBits(free);

export const costOf = (roots: readonly Term[]): number => reachable(roots).reduce((sum, term) => sum + ownCost(term), 0);

function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** The cost of each term with its arguments, in one pass. Shared terms count each time, so it is an upper estimate. `all` has arguments before their users. */
export function roughCosts(all: readonly Term[]): (term: Term) => number {
  const costs = new Map<Term, number>();
  for (const term of all) costs.set(term, Math.min(1e12, ownCost(term) + term.args.reduce((sum, arg) => sum + costs.get(arg)!, 0)));
  return (term) => costs.get(term) ?? 0;
}
