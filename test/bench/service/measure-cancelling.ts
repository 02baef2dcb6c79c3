/** How long a service computes on after a query was cancelled. */
import { setTimeout } from "node:timers/promises";
import { post, slowQuery } from "../../runtime/slow-query.ts";
import { readSeries } from "../../support/read-series.ts";
import { until } from "../../support/until.ts";
import type { Service } from "./servers.ts";

/** Milliseconds between looks. */
const pause = 2;

/** Milliseconds, for each round, from a DELETE until no thread computes any more. All threads computed before; the query's columns are in memory from the second round on. */
export async function measureCancelling(
  { url, computing }: Service,
  { threads, rounds }: { readonly threads: number; readonly rounds: number },
): Promise<readonly number[]> {
  const took: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { status } = await post(url, slowQuery("events", round));
    await until(async () => (await countBusy(computing)) >= threads, "threads that compute");
    const begun = performance.now();
    const answer = await fetch(`${url}/queries/${status.id}`, { method: "DELETE", headers: { "femtoq-client": "test" } });
    if (!answer.ok) throw new Error(`The query was not cancelled: ${await answer.text()}`);
    while ((await countBusy(computing)) > 0) await setTimeout(pause);
    took.push(performance.now() - begun);
  }
  return took;
}

async function countBusy(urls: readonly string[]): Promise<number> {
  const texts = await Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`)).text()));
  return texts.reduce((sum, text) => sum + readSeries(text).get('femtoq_workers{state="busy"}')!, 0);
}
