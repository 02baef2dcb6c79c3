/** Finds a subtask on another node that takes so long that computing a second copy is worthwhile. Depends only on the durations it was told. */
import { LRUCache } from "lru-cache";

/** In milliseconds. */
const leastRunning = 2_000;
/** How many times the median duration of its program counts as far too long. */
const farLonger = 4;
const leastSamples = 3;
const mostSamples = 33;
const mostPrograms = 64;

/** The recent durations of subtasks here, by program. */
export class Paces {
  readonly #durations = new LRUCache<string, number[]>({ max: mostPrograms });

  /** Adds a duration in milliseconds. */
  note(programKey: string, duration: number): void {
    const durations = this.#durations.get(programKey) ?? [];
    durations.push(duration);
    if (durations.length > mostSamples) durations.shift();
    this.#durations.set(programKey, durations);
  }

  /** The median duration of a program; undefined if too few are known. */
  medianOf(programKey: string): number | undefined {
    const durations = this.#durations.get(programKey);
    if (durations === undefined || durations.length < leastSamples) return undefined;
    return durations.toSorted((a, b) => a - b)[durations.length >> 1];
  }
}

export interface Running {
  readonly programKey: string;
  /** In milliseconds: the least time for which it has run. */
  readonly runsFor: number;
}

/** The running subtask that exceeds its usual duration most, if any exceeds it by far. */
export function findStraggler<T extends Running>(running: Iterable<T>, paces: Pick<Paces, "medianOf">): T | undefined {
  let worst: T | undefined;
  let highest = 0;
  for (const each of running) {
    const median = paces.medianOf(each.programKey);
    if (median === undefined || each.runsFor < Math.max(leastRunning, farLonger * median)) continue;
    const excess = each.runsFor / Math.max(1, median);
    if (excess <= highest) continue;
    worst = each;
    highest = excess;
  }
  return worst;
}
