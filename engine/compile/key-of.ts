/** Makes the keys by which the emitter remembers what was computed. */
import type { Term } from "../program/term.ts";
import type { Element, Environment } from "./code.ts";
import { membersUsed } from "./tables/members-used.ts";

/** The key of a term's value at this place in the code: it names the term and the elements that its parameters mean. */
export function keyOf(term: Term, environment: Environment): string {
  let key = `t${term.id}`;
  for (let level = 0; term.free >>> level !== 0; level++) {
    if ((term.free >>> level) & 1) key += keyAt(term, level, environment[level]);
    if ((term.positions >>> level) & 1) key += `#${environment[level].place}`;
  }
  return key;
}

/** Names the part of an element on which a term depends: for a tuple, only the members that the term uses. */
function keyAt(term: Term, level: number, { key, members }: Element): string {
  if (!members) return `@${key}`;
  const used = membersUsed(term, level);
  if (used < 0) return `@${key}`;
  let each = "";
  for (let member = 0; used >>> member !== 0; member++) if ((used >>> member) & 1) each += `@${members[member].key}`;
  return each;
}
