/** How many subtasks are claimed at a time: short ones together, so that each does not cost a round trip of its own. */

/** Milliseconds of threads' time that one bundle of claims should take at most. */
const mostWork = 50;
/** More would save little. Not more than `mostPrograms`: they may be of as many programs. */
const mostTogether = 16;
/** So many past subtasks must be known to tell how long the next ones take. */
const fewest = 4;

/** How many past subtasks to judge by. */
export const remembered = 8;

/** `times`: milliseconds of threads' time that the latest subtasks took. The longest of them counts: 1 where that is over half of the most, or few are known. */
export function mostClaims(times: readonly number[]): number {
  if (times.length < fewest) return 1;
  return Math.min(mostTogether, Math.max(1, Math.floor(mostWork / Math.max(...times))));
}
