/**
 * Decides whether a node can be trusted with work. The node decides this itself, from the ends of its own claims. Reads no clock.
 *
 *   trusted --several subtasks failed in a row, and other nodes have done some of these--> quarantined, for a time that doubles
 *   quarantined --the time is over--> on trial: fewer failures lead to quarantine
 *   on trial --a subtask is done--> trusted, and earlier failures are forgotten
 *
 * The fault is the node's if other nodes did what failed here. So subtasks that no node can do bring none into quarantine, and never all nodes are in it.
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
  /** The subtasks that failed in a row; true for those that another node has done. */
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

  /** Takes note that another node has done a subtask. Returns whether this node is now in quarantine because of it. */
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
