/** Which of the subtasks that others compute takes so long that a second copy is worth while. Pure but for what it was told of durations. */
import { LRUCache } from "lru-cache";

/** Milliseconds. */
const leastRunning = 2_000;
/** Times the median of its program's others. */
const farLonger = 4;
const leastSamples = 3;
const mostSamples = 33;
const mostPrograms = 64;

/** How long the subtasks of programs took that were done here lately. */
export class Paces {
  readonly #durations = new LRUCache<string, number[]>({ max: mostPrograms });

  /** `duration` in milliseconds. */
  note(programKey: string, duration: number): void {
    const durations = this.#durations.get(programKey) ?? [];
    durations.push(duration);
    if (durations.length > mostSamples) durations.shift();
    this.#durations.set(programKey, durations);
  }

  /** Undefined where too few are known. */
  medianOf(programKey: string): number | undefined {
    const durations = this.#durations.get(programKey);
    if (durations === undefined || durations.length < leastSamples) return undefined;
    return durations.toSorted((a, b) => a - b)[durations.length >> 1];
  }
}

export interface Running {
  readonly programKey: string;
  /** Milliseconds: at least so long. */
  readonly runsFor: number;
}

/** The one that is the furthest beyond what is usual, if any is far beyond it. */
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
