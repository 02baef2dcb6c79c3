/**
 * How many subtasks a node claims at a time: those that should be short together, so that each does not cost a round trip of its own; all
 * others alone, so that nothing waits with what may take long. A program that never ran here should take as long
 * as the latest of the same shape.
 */
import { LRUCache } from "lru-cache";
import type { Subtask } from "../../coordination/coordinator.ts";

/** Milliseconds of threads' time that one bundle of claims should take. */
const mostWork = 50;
/** What takes no longer together is not divided between threads: claiming and completing it once more would cost about as much. */
const leastWork = 2;
/** More would save little. Not more than `mostPrograms`: they may be of as many programs. */
export const mostTogether = 32;
/** So many past subtasks must be known to tell how long the next ones take. */
const fewest = 4;
/** How many past subtasks to judge by. */
const remembered = 8;

export class BundleSize {
  /** Milliseconds of threads' time that the latest short subtasks took. */
  readonly #times: number[] = [];
  /** Milliseconds of threads' time that the latest subtask of a program took. */
  readonly #latest = new LRUCache<string, number>({ max: 1_000 });
  /** Likewise, of any program of a shape over a dataset. */
  readonly #alike = new LRUCache<string, number>({ max: 1_000 });

  note(subtask: Subtask, milliseconds: number): void {
    this.#latest.set(subtask.programKey, milliseconds);
    if (subtask.shape) this.#alike.set(nameAlike(subtask), milliseconds);
    if (milliseconds > mostWork) return;
    this.#times.push(milliseconds);
    this.#times.splice(0, this.#times.length - remembered);
  }

  noteTooLong(subtask: Subtask): void {
    this.#latest.set(subtask.programKey, Number.POSITIVE_INFINITY);
    if (subtask.shape) this.#alike.set(nameAlike(subtask), Number.POSITIVE_INFINITY);
  }

  /** Whether a subtask is to be claimed alone. */
  comesAlone(subtask: Subtask): boolean {
    return (this.costOf(subtask) ?? Number.POSITIVE_INFINITY) > mostWork;
  }

  /** Milliseconds of threads' time that the latest subtask of its program took, or of one alike; undefined where none is known. */
  costOf(subtask: Subtask): number | undefined {
    return this.#latest.get(subtask.programKey) ?? this.#alike.get(nameAlike(subtask));
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

const nameAlike = ({ dataset, shape }: Subtask): string => `${shape} ${dataset}`;
