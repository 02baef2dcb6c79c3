/**
 * How many names a process reads in a second to see what changed in long lists, all of them together: each look takes its turn, so that every list
 * comes by, the later the longer they are. A server that lists very much for everybody has no time for claims.
 */
const namesPerSecond = 30_000;

export class NamesBudget {
  /** As `performance.now()`. */
  #nextTurn = 0;

  /** Milliseconds until all looks so far had their turn. */
  get backlog(): number {
    return Math.max(0, this.#nextTurn - performance.now());
  }

  /** Milliseconds until the turn of a look at so many names. */
  take(names: number): number {
    const now = performance.now();
    const turn = Math.max(now, this.#nextTurn);
    this.#nextTurn = turn + (1000 * names) / namesPerSecond;
    return turn - now;
  }
}
