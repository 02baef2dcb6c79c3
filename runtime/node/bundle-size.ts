/**
 * How many subtasks a node claims at a time: short ones together, so that each does not cost a round trip of its own; each of a program that computes for
 * long alone, so that nothing waits with it.
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
  /** Programs whose latest subtask took longer than a bundle should. */
  readonly #long = new LRUCache<string, true>({ max: 1_000 });

  note(programKey: string, milliseconds: number): void {
    if (milliseconds > mostWork) {
      this.noteTooLong(programKey);
      return;
    }
    this.#long.delete(programKey);
    this.#times.push(milliseconds);
    this.#times.splice(0, this.#times.length - remembered);
  }

  noteTooLong(programKey: string): void {
    this.#long.set(programKey, true);
  }

  isLong(programKey: string): boolean {
    return this.#long.has(programKey);
  }

  /** As many as should take `mostWork` together; 1 where few are known. */
  get most(): number {
    if (this.#times.length < fewest) return 1;
    const mean = this.#times.reduce((sum, time) => sum + time, 0) / this.#times.length;
    return Math.min(mostTogether, Math.max(1, Math.floor(mostWork / mean)));
  }
}
