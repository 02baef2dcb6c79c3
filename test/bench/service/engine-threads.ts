/** Measures the engine alone on as many threads as the service has: each thread has its share of the partitions in memory, and they do not communicate. */
import { once } from "node:events";
import process from "node:process";
import { Worker } from "node:worker_threads";
import { median } from "../../support/timing.ts";
import type { EngineThreadData } from "./engine-thread.ts";

/** Milliseconds: medians by the clock on the wall, and of processors. */
export interface Took {
  readonly wall: number;
  readonly cpu: number;
}

interface Options {
  readonly data: string;
  readonly names: readonly string[];
  readonly threads: number;
  readonly rounds: number;
}

export async function measureEngine({ data, names, threads, rounds }: Options): Promise<ReadonlyMap<string, Took>> {
  const workers = Array.from({ length: threads }, (_, index) => {
    const workerData = { data, names, share: { index, of: threads } } satisfies EngineThreadData;
    return new Worker(new URL("./engine-thread.mjs", import.meta.url), { workerData });
  });
  await Promise.all(workers.map((worker) => once(worker, "message")));
  const took = new Map<string, Took>();
  for (const name of names) {
    const [walls, cpus]: [number[], number[]] = [[], []];
    for (let round = -2; round < rounds; round++) {
      const begun = performance.now();
      const before = process.cpuUsage();
      const answers = workers.map((worker) => once(worker, "message"));
      for (const worker of workers) worker.postMessage(name);
      await Promise.all(answers);
      const { user, system } = process.cpuUsage(before);
      // In the first rounds the host compiles.
      if (round < 0) continue;
      walls.push(performance.now() - begun);
      cpus.push((user + system) / 1e3);
    }
    took.set(name, { wall: median(walls), cpu: median(cpus) });
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  return took;
}
