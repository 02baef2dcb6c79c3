/** How long a service computes on after a query was cancelled. */
import { setTimeout } from "node:timers/promises";
import { post, slowQuery } from "../../runtime/slow-query.ts";
import { readSeries } from "../../support/read-series.ts";
import { timed } from "../../support/timing.ts";
import { until } from "../../support/until.ts";
import { untilIdle } from "./measure-service.ts";
import type { Service } from "./servers.ts";

/** Milliseconds between looks. */
const pause = 2;

export interface Cancelled {
  /** Milliseconds, for each round, from a DELETE until no thread computes any more. */
  readonly took: readonly number[];
  /** Milliseconds, for each round, that `write` took, which began with the DELETE. */
  readonly writes: readonly number[];
}

interface Options {
  readonly threads: number;
  readonly rounds: number;
  /** Writes to what the service records a withdrawal in, which can take no less time than that. */
  readonly write?: (() => Promise<unknown>) | undefined;
}

/** All threads computed before each DELETE; the query's columns are in memory from the second round on. */
export async function measureCancelling(service: Service, { threads, rounds, write }: Options): Promise<Cancelled> {
  const { url, computing } = service;
  const [took, writes]: [number[], number[]] = [[], []];
  // Processes that have just started run sample queries, whose threads would be taken for those of the query.
  await untilIdle(service);
  for (let round = 0; round < rounds; round++) {
    const { status } = await post(url, slowQuery("events", round));
    await until(async () => (await countBusy(computing)) >= threads, "threads that compute");
    const begun = performance.now();
    const cancelling = cancel(`${url}/queries/${status.id}`);
    const writing = write && timed(write);
    took.push((await findEnd(computing, cancelling)) - begun);
    if (writing) writes.push(await writing);
  }
  return { took, writes };
}

async function cancel(query: string): Promise<void> {
  const answer = await fetch(query, { method: "DELETE", headers: { "femtoq-client": "test" } });
  if (!answer.ok) throw new Error(`The query was not cancelled: ${await answer.text()}`);
}

/** Returns the time after which no look found a busy thread; the last look begins after the answer, which may come later than the end. */
async function findEnd(computing: readonly string[], cancelling: Promise<void>): Promise<number> {
  let isAnswered = false;
  const answered = cancelling.finally(() => {
    isAnswered = true;
  });
  answered.catch(() => undefined);
  let end: number | undefined;
  for (;;) {
    const isLast = isAnswered;
    const busy = await countBusy(computing);
    end = busy > 0 ? undefined : (end ?? performance.now());
    if (isLast && end !== undefined) break;
    await setTimeout(pause);
  }
  await answered;
  return end;
}

async function countBusy(urls: readonly string[]): Promise<number> {
  const texts = await Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`)).text()));
  return texts.reduce((sum, text) => sum + readSeries(text).get('femtoq_workers{state="busy"}')!, 0);
}
