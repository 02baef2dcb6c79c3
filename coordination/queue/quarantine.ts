/**
 * Whether a node is to be trusted with work: decided by itself, from how its own claims end. Reads no clock.
 *
 *   trusted --so many subtasks failed in a row, and some of these others have done--> quarantined, for a time that doubles
 *   quarantined --time is over--> on trial: fewer failures suffice
 *   on trial --a subtask is done--> trusted, and what was is forgotten
 *
 * That others did what failed here is the proof that the fault is the node's: subtasks that nobody can do bring no node into quarantine, and all nodes can never be in it.
 */

export interface Quarantined {
  /** Milliseconds since the epoch. */
  readonly until: number;
  readonly cause: string;
}

export const failuresInARow = 5;
const failuresOnTrial = 2;
const leastProofs = 2;
const firstTime = 10_000;
const longestTime = 600_000;
const mostRemembered = 1_000;

export class Quarantine {
  #failures = 0;
  /** Subtasks that failed in a row; `true` where another node has done it. */
  readonly #failed = new Map<string, boolean>();
  #proofs = 0;
  #lastCause = "";
  #times = 0;
  #current: Quarantined | undefined;

  at(now: number): Quarantined | undefined {
    return this.#current !== undefined && this.#current.until > now ? this.#current : undefined;
  }

  succeeded(): void {
    this.#forget();
    this.#times = 0;
  }

  failed(key: string, cause: string): void {
    this.#lastCause = cause;
    if (this.#failed.has(key) || this.#failed.size >= mostRemembered) return;
    this.#failed.set(key, false);
    this.#failures++;
  }

  /** Another node has done it. True where the node is in quarantine from now on. */
  doneElsewhere(key: string, now: number): boolean {
    if (this.#failed.get(key) !== false) return false;
    this.#failed.set(key, true);
    this.#proofs++;
    const isEnough = this.#failures >= (this.#times === 0 ? failuresInARow : failuresOnTrial) && this.#proofs >= leastProofs;
    if (!isEnough || this.at(now) !== undefined) return false;
    const cause = `${this.#failures} subtasks failed here one after another, ${this.#proofs} of them were then done by other nodes; the last said: ${this.#lastCause}`;
    this.#current = { until: now + Math.min(longestTime, firstTime * 2 ** this.#times), cause: cause.slice(0, 500) };
    this.#times++;
    this.#forget();
    return true;
  }

  #forget(): void {
    this.#failed.clear();
    this.#failures = 0;
    this.#proofs = 0;
  }
}
