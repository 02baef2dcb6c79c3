/** Which members of a tuple a term depends on: its value is the same for all tuples that have these in common. */
import type { Term } from "../../program/term.ts";

/** As bits; all of them where the tuple itself, or its position, is used. */
const all = -1;

const known = new WeakMap<Term, Map<number, number>>();

/** Of the parameter of this level, on which the term depends. */
export function membersUsed(term: Term, level: number): number {
  const byLevel = known.get(term) ?? new Map<number, number>();
  known.set(term, byLevel);
  const before = byLevel.get(level);
  if (before !== undefined) return before;
  const used = find(term, level);
  byLevel.set(level, used);
  return used;
}

function find({ operation, args, literal }: Term, level: number): number {
  if (operation === "param" || operation === "position") return all;
  const [first] = args;
  if (operation === "member" && first.operation === "param" && first.literal === level) return 1 << Number(literal);
  let used = 0;
  for (const arg of args) if ((arg.free >>> level) & 1) used |= membersUsed(arg, level);
  return used;
}
