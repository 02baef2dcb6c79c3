/** Measures what a step takes in this process: time, the most memory, and the longest turn of the event loop. */
import { clearInterval, setInterval } from "node:timers";
import { measureLongestTurn } from "../runtime/longest-turn.ts";

export interface Usage {
  readonly step: string;
  readonly seconds: number;
  /** Seconds of processors, all threads together. */
  readonly cpu: number;
  /** In milliseconds. */
  readonly longestTurn: number;
  /** The most megabytes that were seen, looking every 50 ms. */
  readonly heap: number;
  readonly rss: number;
  readonly done?: number;
  readonly failed?: number;
  readonly statusBytes?: number;
}

const sampleEvery = 50;

/** Measures until the returned function is called. */
export function startUsage(step: string): () => Usage {
  const begun = performance.now();
  const before = process.cpuUsage();
  const stopTurns = measureLongestTurn();
  let heap = 0;
  let rss = 0;
  const sample = () => {
    const usage = process.memoryUsage();
    heap = Math.max(heap, usage.heapUsed);
    rss = Math.max(rss, usage.rss);
  };
  const sampling = setInterval(sample, sampleEvery);
  return () => {
    clearInterval(sampling);
    sample();
    const { user, system } = process.cpuUsage(before);
    const seconds = (performance.now() - begun) / 1000;
    return { step, seconds, cpu: (user + system) / 1e6, longestTurn: stopTurns(), heap: heap / 1e6, rss: rss / 1e6 };
  };
}
