/** Measures one store, embedded or MongoDB: writes, reads, repeats of a query, and a large plan. */
import { randomFillSync } from "node:crypto";
import process from "node:process";
import type { Store, StoredPlan } from "../../storage/store.ts";
import { getPartial, getPlan, makeQuery, putPartial } from "../storage/one-at-a-time.ts";
import { latencies, quantile, timed } from "../support/timing.ts";

export interface StoreFigure {
  readonly figure: string;
  readonly value: number;
  readonly unit: "1/s" | "ms" | "MB";
}

const bodyBytes = 8_192;
const atOnce = 32;
const partials = 4_000;
const wanted = 1_000;
const largePlan = 100_000;

export async function measureStore(store: Store, tell: (step: string) => void): Promise<readonly StoreFigure[]> {
  const figures: StoreFigure[] = [];
  const add = (figure: string, value: number, unit: StoreFigure["unit"]) => figures.push({ figure, value, unit });
  const keys = Array.from({ length: partials }, (_, index) => `${"0123456789abcdef".repeat(8)}:${index}`);
  const makeBody = () => randomFillSync(new Uint8Array(bodyBytes));

  tell("writes");
  const bodies = keys.map(makeBody);
  add(
    "partial writes, 32 at once",
    (1000 * partials) / (await timed(() => inParallel(keys, atOnce, (key, index) => putPartial(store, key, bodies[index]!)))),
    "1/s",
  );
  tell("reads");
  add(
    "partial reads, 32 at once",
    (1000 * partials) / (await timed(() => inParallel(keys, atOnce, (key) => getPartial(store, key)))),
    "1/s",
  );
  const some = keys.slice(0, wanted);
  add("partial reads, one by one", (1000 * wanted) / (await timed(() => inParallel(some, 1, (key) => getPartial(store, key)))), "1/s");
  const lookingFor = await latencies(30, () => store.findPartials(some));
  add("findPartials of 1,000, p50", quantile(lookingFor, 0.5), "ms");

  tell("repeats");
  await store.putProgram({ programKey: "program", program: { inputs: [] }, module: randomFillSync(new Uint8Array(20_000)) });
  await store.putPlan(makePlan("plan", wanted));
  await store.putQuery(makeQuery("query", { created: Date.now() }));
  await store.putResult("plan", makeBody());
  const results = await latencies(1_000, () => store.getResult("plan"));
  add("getResult, p50", quantile(results, 0.5), "ms");
  add("getResult, p99", quantile(results, 0.99), "ms");
  // A dispatcher that never saw the query makes these three calls to answer it again.
  const repeats = await latencies(300, () => Promise.all([store.getQuery("query"), store.hasPlan("plan"), store.getResult("plan")]));
  add("repeat of 1,000 partitions, p50", quantile(repeats, 0.5), "ms");
  add("repeat of 1,000 partitions, p99", quantile(repeats, 0.99), "ms");

  tell("a large plan");
  const plan = makePlan("large", largePlan);
  const before = process.memoryUsage().rss;
  add("plan of 100,000 partitions, put", await timed(() => store.putPlan(plan)), "ms");
  add("plan of 100,000 partitions, get", await timed(() => getPlan(store, "large")), "ms");
  add("memory gained by both", Math.max(0, process.memoryUsage().rss - before) / 1e6, "MB");
  return figures;
}

/** Calls `action` for each key, `width` at a time. No library is used, since its time would be measured, too: a read takes some 15 µs. */
async function inParallel(keys: readonly string[], width: number, action: (key: string, index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const work = async () => {
    for (let index = next++; index < keys.length; index = next++) await action(keys[index]!, index);
  };
  await Promise.all(Array.from({ length: width }, work));
}

function makePlan(planKey: string, count: number): StoredPlan {
  const fingerprint = (index: number) => index.toString(16).padStart(64, "0");
  const partitions = Array.from({ length: count }, (_, index) => ({
    index,
    fingerprint: fingerprint(index),
    entries: 100_000,
    file: `Run2012B_SingleMu-${index}.parquet`,
  }));
  return { planKey, programKey: "program", dataset: "bench", partitions };
}
