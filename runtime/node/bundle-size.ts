/**
 * Decides how many subtasks a node claims at a time. Short ones are claimed together, so that not each costs a round trip; all
 * others are claimed alone, so that no subtask waits for a long one. A program is expected to take as long as the longer of its
 * latest two subtasks, since the last partition of a file is often short; a program that never ran here as those of the same shape.
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
/** The most past subtasks from which times are estimated: those of all programs, and those of one. */
const remembered = 8;
const rememberedOfProgram = 2;

export interface TimedSubtask {
  readonly subtask: Subtask;
  /** Of threads' time. */
  readonly milliseconds: number;
}

export class BundleSize {
  /** The milliseconds of threads' time of the latest short subtasks. */
  readonly #times: number[] = [];
  /** The milliseconds of threads' time of the latest subtasks of each program. */
  readonly #latest = new LRUCache<string, readonly number[]>({ max: 1_000 });
  /** The same for the latest subtasks of any program of a shape, over a dataset. */
  readonly #alike = new LRUCache<string, readonly number[]>({ max: 1_000 });

  note(times: readonly TimedSubtask[]): void {
    for (const { subtask, milliseconds } of times) {
      remember(this.#latest, subtask.programKey, milliseconds);
      if (subtask.shape) remember(this.#alike, nameAlike(subtask), milliseconds);
      if (milliseconds <= mostWork) this.#times.push(milliseconds);
    }
    this.#times.splice(0, this.#times.length - remembered);
  }

  noteTooLong(subtask: Subtask): void {
    this.#latest.set(subtask.programKey, tooLong);
    if (subtask.shape) this.#alike.set(nameAlike(subtask), tooLong);
  }

  /** Whether a subtask should be claimed alone. */
  comesAlone(subtask: Subtask): boolean {
    return (this.costOf(subtask) ?? Number.POSITIVE_INFINITY) > mostWork;
  }

  /** The milliseconds of threads' time of the longer of the latest two subtasks of its program, or of its shape; undefined if none is known. */
  costOf(subtask: Subtask): number | undefined {
    const times = this.#latest.get(subtask.programKey) ?? this.#alike.get(nameAlike(subtask));
    return times && Math.max(...times);
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

/** Holds until the next time is known. */
const tooLong: readonly number[] = [Number.POSITIVE_INFINITY];

function remember(all: LRUCache<string, readonly number[]>, name: string, milliseconds: number): void {
  const before = all.get(name) ?? [];
  all.set(name, [...(before === tooLong ? [] : before), milliseconds].slice(-rememberedOfProgram));
}

const nameAlike = ({ dataset, shape }: Subtask): string => `${shape} ${dataset}`;
