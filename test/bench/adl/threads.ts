/** What several threads compute at once, beside what one of them does alone. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { places } from "./prepare-queries.ts";
import type { ThreadData } from "./thread.ts";

export interface ThreadSpeeds {
  readonly query: string;
  /** Million events a second, by the clock on the wall: of one thread alone, and of all together. */
  readonly one: number;
  readonly all: number;
}

/** `names`: of queries; all where there are none. */
export async function compareThreads(data: string, threads: number, names: readonly string[] = []): Promise<readonly ThreadSpeeds[]> {
  const wanted = places.map(([name]) => name).filter((name) => names.length === 0 || names.includes(name));
  const workerData = { data, names: wanted } satisfies ThreadData;
  const workers = Array.from({ length: threads }, () => new Worker(new URL("./thread.mjs", import.meta.url), { workerData }));
  await Promise.all(workers.map((worker) => once(worker, "message")));
  const ask = async (asked: readonly Worker[], query: string) => {
    const speeds = await Promise.all(
      asked.map(async (worker) => {
        const answer = once(worker, "message");
        worker.postMessage(query);
        return (await answer)[0] as number;
      }),
    );
    return speeds.reduce((sum, speed) => sum + speed, 0);
  };
  const found: ThreadSpeeds[] = [];
  for (const query of wanted) found.push({ query, one: await ask(workers.slice(0, 1), query), all: await ask(workers, query) });
  await Promise.all(workers.map((worker) => worker.terminate()));
  return found;
}
