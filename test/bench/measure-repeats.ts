/** Measures the cost of asking an answered query of 1,000 partitions again over HTTP, both from a dispatcher that knows it and from one that does not. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createApp } from "../../functions/app.ts";
import { serve } from "../../runtime/serve/serve.ts";
import type { Store } from "../../storage/store.ts";
import { CleanupStack } from "../support/cleanup.ts";
import { openApp } from "../support/open-app.ts";
import { latencies, quantile } from "../support/timing.ts";
import { makeEvents, writeEvents } from "../support/write-events.ts";
import type { StoreFigure } from "./measure-store.ts";

const partitions = 1_000;
const warming = 50;
const repeats = 500;
const query = JSON.stringify({
  dataset: "many",
  histograms: { h: { axes: [{ type: "regular", bins: 100, lower: 0, upper: 200, value: "MET.pt" }] } },
});

export async function measureRepeats(store: Store, tell: (step: string) => void): Promise<readonly StoreFigure[]> {
  const cleanup = new CleanupStack();
  try {
    return await measure(store, cleanup, tell);
  } finally {
    await cleanup.close();
  }
}

async function measure(store: Store, cleanup: CleanupStack, tell: (step: string) => void): Promise<readonly StoreFigure[]> {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-repeats-"));
  cleanup.after(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, "many.parquet");
  await writeEvents(path, makeEvents(partitions), 1);
  const app = await openApp(cleanup, { store, extraData: [`many=${path}`] });
  tell(`a query of ${partitions} partitions`);
  const answer = await app.post(query, { prefer: "wait=600" });
  const { state, partitions: counts } = (await answer.json()) as { readonly state: string; readonly partitions: { readonly done: number } };
  if (state !== "done" || counts.done !== partitions) throw new Error(`Cannot measure repeats: the query is ${state}, ${counts.done} done`);

  tell("repeats over HTTP");
  const server = createApp(app.services);
  const listening = await serve((request, environment) => server.fetch(request, environment), { port: 0, host: "127.0.0.1" });
  cleanup.after(() => listening.close(100));
  const overHttp = async () => {
    // The result may still be on its way into the store; then the first of these, which are not counted, wait for it.
    const headers = { "content-type": "application/json", prefer: "wait=60" };
    const response = await fetch(`http://127.0.0.1:${listening.port}/queries`, { method: "POST", headers, body: query });
    if (response.status !== 200) throw new Error(`Cannot measure repeats: the server answered ${response.status}`);
    await response.arrayBuffer();
  };
  await latencies(warming, overHttp);
  const known = await latencies(repeats, overHttp);

  tell("repeats by other dispatchers");
  const anew = async () => {
    const response = await createApp(app.services).request("/queries", { method: "POST", body: query });
    await response.arrayBuffer();
  };
  await latencies(warming, anew);
  const unknown = await latencies(repeats, anew);
  return [
    { figure: "POST of a stored query, p50", value: quantile(known, 0.5), unit: "ms" },
    { figure: "POST of a stored query, p99", value: quantile(known, 0.99), unit: "ms" },
    { figure: "the same, another dispatcher, p50", value: quantile(unknown, 0.5), unit: "ms" },
    { figure: "the same, another dispatcher, p99", value: quantile(unknown, 0.99), unit: "ms" },
  ];
}
