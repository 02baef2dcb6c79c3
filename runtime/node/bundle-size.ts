/**
 * How many subtasks a node claims at a time: those of programs that are known to be short together, so that each does not cost a round trip of its own; all
 * others alone, so that nothing waits with what may take long.
 */
import { LRUCache } from "lru-cache";

/** Milliseconds of threads' time that one bundle of claims should take. */
const mostWork = 50;
/** What takes no longer together is not divided between threads: claiming and completing it once more would cost about as much. */
const leastWork = 2;
/** More would save little. Not more than `mostPrograms`: they may be of as many programs. */
const mostTogether = 16;
/** So many past subtasks must be known to tell how long the next ones take. */
const fewest = 4;
/** How many past subtasks to judge by. */
const remembered = 8;

export class BundleSize {
  /** Milliseconds of threads' time that the latest short subtasks took. */
  readonly #times: number[] = [];
  /** Milliseconds of threads' time that the latest subtask of a program took. */
  readonly #latest = new LRUCache<string, number>({ max: 1_000 });

  note(programKey: string, milliseconds: number): void {
    this.#latest.set(programKey, milliseconds);
    if (milliseconds > mostWork) return;
    this.#times.push(milliseconds);
    this.#times.splice(0, this.#times.length - remembered);
  }

  noteTooLong(programKey: string): void {
    this.#latest.set(programKey, Number.POSITIVE_INFINITY);
  }

  /** Whether a subtask of this program is to be claimed alone. */
  comesAlone(programKey: string): boolean {
    return (this.costOf(programKey) ?? Number.POSITIVE_INFINITY) > mostWork;
  }

  /** Milliseconds of threads' time that the latest subtask of a program took; undefined where none is known. */
  costOf(programKey: string): number | undefined {
    return this.#latest.get(programKey);
  }

  /** As many as should take `mostWork` together; 1 where few are known. */
  get most(): number {
    return this.#within(mostWork);
  }

  /** As many as should take `leastWork` together; 1 where few are known. */
  get least(): number {
    return this.#within(leastWork);
  }

  #within(work: number): number {
    if (this.#times.length < fewest) return 1;
    const mean = this.#times.reduce((sum, time) => sum + time, 0) / this.#times.length;
    return Math.min(mostTogether, Math.max(1, Math.floor(work / mean)));
  }
}
