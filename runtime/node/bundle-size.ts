/**
 * How many subtasks a node claims at a time: those of programs that are known to be short together, so that each does not cost a round trip of its own; all
 * others alone, so that nothing waits with what may take long.
 */
import { LRUCache } from "lru-cache";

/** Milliseconds of threads' time that one bundle of claims should take. */
const mostWork = 50;
/** More would save little. Not more than `mostPrograms`: they may be of as many programs. */
const mostTogether = 16;
/** So many past subtasks must be known to tell how long the next ones take. */
const fewest = 4;
/** How many past subtasks to judge by. */
const remembered = 8;

export class BundleSize {
  /** Milliseconds of threads' time that the latest short subtasks took. */
  readonly #times: number[] = [];
  /** Whether the latest subtask of a program took no longer than a bundle should. */
  readonly #isShort = new LRUCache<string, boolean>({ max: 1_000 });

  note(programKey: string, milliseconds: number): void {
    const isShort = milliseconds <= mostWork;
    this.#isShort.set(programKey, isShort);
    if (!isShort) return;
    this.#times.push(milliseconds);
    this.#times.splice(0, this.#times.length - remembered);
  }

  noteTooLong(programKey: string): void {
    this.#isShort.set(programKey, false);
  }

  /** Whether a subtask of this program is to be claimed alone. */
  comesAlone(programKey: string): boolean {
    return this.#isShort.get(programKey) !== true;
  }

  /** As many as should take `mostWork` together; 1 where few are known. */
  get most(): number {
    if (this.#times.length < fewest) return 1;
    const mean = this.#times.reduce((sum, time) => sum + time, 0) / this.#times.length;
    return Math.min(mostTogether, Math.max(1, Math.floor(mostWork / mean)));
  }
}
