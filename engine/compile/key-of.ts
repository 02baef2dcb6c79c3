/** The keys by which the emitter remembers what was computed. */
import type { Term } from "../program/term.ts";
import type { Element, Environment } from "./code.ts";
import { membersUsed } from "./tables/members-used.ts";

/** Names a term's value here: the term, and the elements that its parameters mean. */
export function keyOf(term: Term, environment: Environment): string {
  let key = `t${term.id}`;
  for (let level = 0; term.free >>> level !== 0; level++) {
    if ((term.free >>> level) & 1) key += keyAt(term, level, environment[level]);
    if ((term.positions >>> level) & 1) key += `#${environment[level].place}`;
  }
  return key;
}

/** What a term depends on of an element: of a tuple only the members that it uses. */
function keyAt(term: Term, level: number, { key, members }: Element): string {
  if (!members) return `@${key}`;
  const used = membersUsed(term, level);
  if (used < 0) return `@${key}`;
  let each = "";
  for (let member = 0; used >>> member !== 0; member++) if ((used >>> member) & 1) each += `@${members[member].key}`;
  return each;
}
