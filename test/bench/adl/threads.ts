/**
 * Compares what several threads compute at the same time with what one of them computes alone. They share the partitions, so both cases read the same bytes. If
 * each thread had columns of its own, two would need twice the cache, and queries with few operations per byte would be limited by the memory.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { places } from "./prepare-queries.ts";
import type { Asked, ThreadData } from "./thread.ts";

export interface ThreadSpeeds {
  readonly query: string;
  /** Million events a second, by the clock on the wall: of one thread alone, and of all together. */
  readonly one: number;
  readonly all: number;
}

/** `names` selects queries; all if it is empty. */
export async function compareThreads(data: string, threads: number, names: readonly string[] = []): Promise<readonly ThreadSpeeds[]> {
  const wanted = places.map(([name]) => name).filter((name) => names.length === 0 || names.includes(name));
  const workers = Array.from({ length: threads }, (_, index) => {
    const workerData = { data, names: wanted, share: { index, of: threads } } satisfies ThreadData;
    return new Worker(new URL("./thread.mjs", import.meta.url), { workerData });
  });
  await Promise.all(workers.map((worker) => once(worker, "message")));
  const ask = async (asked: readonly Worker[], message: Asked) => {
    const speeds = await Promise.all(
      asked.map(async (worker) => {
        const answer = once(worker, "message");
        worker.postMessage(message);
        return (await answer)[0] as number;
      }),
    );
    return speeds.reduce((sum, speed) => sum + speed, 0);
  };
  const found: ThreadSpeeds[] = [];
  for (const query of wanted) {
    const one = await ask(workers.slice(0, 1), { query, isWhole: true });
    found.push({ query, one, all: await ask(workers, { query, isWhole: false }) });
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  return found;
}
