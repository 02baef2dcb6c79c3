/** Finds the members of a tuple on which a term depends. Its value is equal for all tuples that have these members in common. */
import type { Term } from "../../program/term.ts";

/** Members are bits. All are set if the tuple itself, or its position, is used. */
const all = -1;

const known = new WeakMap<Term, Map<number, number>>();

/** The members used of the parameter of this level; the term must depend on that parameter. */
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
