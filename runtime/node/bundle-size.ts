/**
 * Decides how many subtasks a node claims at a time. Short ones are claimed together, so that not each costs a round trip; all
 * others are claimed alone, so that no subtask waits for a long one. A program that never ran here is expected to take as long
 * as the latest one of the same shape.
 */
import { LRUCache } from "lru-cache";
import type { Subtask } from "../../coordination/coordinator.ts";

/** The milliseconds of threads' time that one bundle of claims should take. */
const mostWork = 50;
/** In milliseconds. Bundles that take no longer are not divided between threads, since one more claim and completion would cost about as much. */
const leastWork = 2;
/** The most subtasks in a bundle; more would save little. It must not exceed `mostPrograms`, since each may be of another program. */
export const mostTogether = 32;
/** The fewest past subtasks from which the time of the next ones is estimated. */
const fewest = 4;
/** The most past subtasks from which times are estimated. */
const remembered = 8;

export interface TimedSubtask {
  readonly subtask: Subtask;
  /** Of threads' time. */
  readonly milliseconds: number;
}

export class BundleSize {
  /** The milliseconds of threads' time of the latest short subtasks. */
  readonly #times: number[] = [];
  /** The milliseconds of threads' time of the latest subtask of each program. */
  readonly #latest = new LRUCache<string, number>({ max: 1_000 });
  /** The same for the latest subtask of any program of a shape, over a dataset. */
  readonly #alike = new LRUCache<string, number>({ max: 1_000 });

  note(times: readonly TimedSubtask[]): void {
    const latest = new Map(times.map((each) => [each.subtask.programKey, each]));
    for (const { subtask, milliseconds } of latest.values()) {
      this.#latest.set(subtask.programKey, milliseconds);
      if (subtask.shape) this.#alike.set(nameAlike(subtask), milliseconds);
    }
    for (const { milliseconds } of times) if (milliseconds <= mostWork) this.#times.push(milliseconds);
    this.#times.splice(0, this.#times.length - remembered);
  }

  noteTooLong(subtask: Subtask): void {
    this.#latest.set(subtask.programKey, Number.POSITIVE_INFINITY);
    if (subtask.shape) this.#alike.set(nameAlike(subtask), Number.POSITIVE_INFINITY);
  }

  /** Whether a subtask should be claimed alone. */
  comesAlone(subtask: Subtask): boolean {
    return (this.costOf(subtask) ?? Number.POSITIVE_INFINITY) > mostWork;
  }

  /** The milliseconds of threads' time of the latest subtask of its program, or of one of the same shape; undefined if none is known. */
  costOf(subtask: Subtask): number | undefined {
    return this.#latest.get(subtask.programKey) ?? this.#alike.get(nameAlike(subtask));
  }

  /** How many subtasks should take `mostWork` together; 1 if too few times are known. */
  get most(): number {
    return this.#within(mostWork);
  }

  /** How many subtasks should take `leastWork` together; 1 if too few times are known. */
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
