/**
 * `npm run bench:large` measures one query of many partitions through one process whose compute function does next to nothing, so that what
 * is left is the work of dispatcher, queue and store. It asserts nothing.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Command, Option } from "commander";
import { createCoordinator } from "../../coordination/embedded/coordinator.ts";
import { createLmdbJournal } from "../../coordination/embedded/lmdb-journal.ts";
import type { Catalogue, Dataset } from "../../datasets/dataset.ts";
import { encodePartial } from "../../engine/histogram/partial.ts";
import type { Status } from "../../functions/api.ts";
import { createApp } from "../../functions/app.ts";
import type { Executor } from "../../functions/compute/executor.ts";
import type { Services } from "../../functions/services.ts";
import { drawTable } from "../../runtime/cli/draw/draw-table.ts";
import { startPullLoop } from "../../runtime/node/pull-loop.ts";
import { openStore } from "../../storage/embedded/embedded-store.ts";
import type { Environment } from "../../storage/embedded/environment.ts";
import { shareEnvironment } from "../../storage/embedded/shared-environment.ts";
import { openMongoStore } from "../../storage/mongodb/mongodb-store.ts";
import type { Store } from "../../storage/store.ts";
import { silent } from "../runtime/silent-log.ts";
import { openMongo } from "../servers/mongo-server.ts";
import { CleanupStack } from "../support/cleanup.ts";
import { startUsage, type Usage } from "./measure-usage.ts";

const options = new Command("bench:large")
  .description("one query of many partitions: time, memory, and how long the event loop was busy at a stretch")
  .option("--partitions <N>", "of the dataset", Number, 100_000)
  .addOption(new Option("--form <FORM>", "which store").choices(["embedded", "mongodb"]).default("embedded"))
  .option("--slots <N>", "subtasks computed at a time", Number, 16)
  .option("--failing", "also the same with every partition failing")
  .option("--json", "one JSON line for each step")
  .parse()
  .opts<{
    readonly partitions: number;
    readonly form: "embedded" | "mongodb";
    readonly slots: number;
    readonly failing?: boolean;
    readonly json?: boolean;
  }>();

const entries = 1000;
const { slots } = options;
const query = (upper: number) => ({
  dataset: "large",
  histograms: { h: { axes: [{ type: "regular", bins: 100, lower: 0, upper, value: "x" }] } },
});
const partial = await encodePartial({
  entries,
  filters: [],
  histograms: [
    { storage: "count", fills: entries, nonFinite: 0, cells: 102, contents: { values: new Float64Array(102).fill(entries / 102) } },
  ],
});

/** The times of a short subtask, as nodes measure them. Such subtasks are claimed together. */
const timing = { compiling: 0, loading: 0, reading: 0, decoding: 0, thread: 0, computing: 0.5, bytes: 0 };

/** `kept`: bytes of the heap for each partition that are in use after the step and were not before. */
type Step = Usage & { readonly kept: number };

const cleanup = new CleanupStack();
try {
  const steps = await run(options.partitions);
  if (options.json) for (const step of steps) console.log(JSON.stringify({ form: options.form, partitions: options.partitions, ...step }));
  else draw(steps);
} finally {
  await cleanup.close();
}

async function run(partitions: number): Promise<readonly Step[]> {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-large-"));
  cleanup.after(() => rm(directory, { recursive: true, force: true }));
  const openState = shareEnvironment({ directory: join(directory, "store") });
  const store = await open(directory, openState);
  const journal = createLmdbJournal(await openState());
  const coordinator = await createCoordinator({ journal, log: silent });
  cleanup.after(() => coordinator.close());
  const executor: Executor = {
    run: async ({ programs, partitions }, { onRunning }) =>
      partitions.map(({ fingerprint }) => {
        onRunning?.(programs, fingerprint);
        return { kind: "partial", partial: new Uint8Array(partial), timing };
      }),
  };
  const refusing: Executor = {
    run: async ({ partitions }) =>
      partitions.map(() => ({ kind: "failed", cause: "Cannot read this partition: its page header is damaged", permanent: true })),
  };
  const dataset = makeDataset(partitions);
  const services = (compute: Executor): Services => ({
    role: "all",
    catalogue: catalogueOf(dataset),
    coordinator,
    store,
    executor: compute,
    assets: async () => undefined,
    log: silent,
    queryFunctions: new Map(),
    notReady: () => [],
  });
  const app = createApp(services(executor));
  const steps: Step[] = [];
  const measure = async (step: string, action: () => Promise<Status>): Promise<void> => {
    process.stderr.write(`${step} …\n`);
    const heap = heapInUse();
    const stop = startUsage(step);
    const status = await action();
    const usage = stop();
    const text = JSON.stringify(status);
    const { done, failed } = status.partitions;
    steps.push({ ...usage, done, failed, statusBytes: text.length, kept: (heapInUse() - heap) / partitions });
  };
  const ask = async (to: ReturnType<typeof createApp>, upper: number, wait = 0) => {
    const headers = { ...(wait > 0 && { prefer: `wait=${wait}` }) };
    const response = await to.request("/queries", { method: "POST", headers, body: JSON.stringify(query(upper)) });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as Status;
  };

  const untilEnded = async (to: ReturnType<typeof createApp>, upper: number) => {
    for (;;) {
      const status = await ask(to, upper, 600);
      if (status.partitions.done + status.partitions.failed === status.partitions.total) return status;
    }
  };

  await measure("submit", () => ask(app, 1));
  const pulling = await pull(executor);
  await measure("run", () => untilEnded(app, 1));
  await measure("repeat, same dispatcher", () => ask(app, 1));
  await measure("repeat, another dispatcher", () => ask(createApp(services(executor)), 1));
  await pulling.stop();
  if (!options.failing) return steps;
  const failing = createApp(services(refusing));
  const pullingFailures = await pull(refusing);
  await measure("run, every partition fails", () => untilEnded(failing, 2));
  await pullingFailures.stop();
  return steps;

  async function pull(by: Executor) {
    const node = { id: `bench-${Math.random()}`, host: "localhost", threads: slots, cacheLimit: 1 };
    return startPullLoop({
      node: await coordinator.join(node),
      executor: by,
      store,
      slots: { anybody: slots, newcomers: 0 },
      prefers: () => true,
      cacheBytes: () => 0,
      log: silent,
    });
  }
}

async function open(directory: string, openState: () => Promise<Environment>): Promise<Store> {
  if (options.form === "embedded") {
    const store = await openStore({ environment: await openState() });
    cleanup.after(() => store.close());
    return store;
  }
  const server = await openMongo({ directory: join(directory, "mongo") });
  if ("missing" in server) throw new Error(`Cannot run on MongoDB: there is ${server.missing}`);
  cleanup.after(() => server.stop());
  const store = await openMongoStore({ uri: server.uri, database: `femtoq-bench-${process.pid}`, log: silent });
  cleanup.after(async () => {
    await store.reset();
    await store.close();
  });
  return store;
}

/** The bytes in use after garbage collection. */
function heapInUse(): number {
  (globalThis as { gc?: () => void }).gc!();
  return process.memoryUsage().heapUsed;
}

function makeDataset(count: number): Dataset {
  const partitions = Array.from({ length: count }, (_, index) => ({
    index,
    file: { path: `/data/Run2012B_SingleMu-${Math.floor(index / 10)}.parquet`, size: 1e9, version: "1" },
    unit: index % 10,
    entries,
    firstEntry: (index % 10) * entries,
    fingerprint: index.toString(16).padStart(64, "0"),
  }));
  const schema = { columns: [{ name: "x", dtype: "float64", nullable: false, lists: [] }], unsupported: [] } as const;
  return { name: "large", schema, partitions, broken: [], entries: count * entries, bytes: count * 1e8 };
}

function catalogueOf(dataset: Dataset): Catalogue {
  return {
    names: () => [dataset.name],
    refresh: async () => undefined,
    forget: async () => "in-use",
    get: async (name) => (name === dataset.name ? dataset : undefined),
    locate: () => Promise.reject(new Error("nothing is read")),
    bounds: () => Promise.reject(new Error("nothing is read")),
  };
}

function draw(steps: readonly Step[]): void {
  const heads = [
    "step",
    "seconds",
    "of processors",
    "longest turn, ms",
    "heap, MB",
    "kept each, B",
    "RSS, MB",
    "done",
    "failed",
    "status, bytes",
  ];
  const rows = steps.map(({ step, seconds, cpu, longestTurn, heap, kept, rss, done, failed, statusBytes }) => [
    step,
    seconds.toFixed(2),
    cpu.toFixed(2),
    longestTurn.toFixed(0),
    heap.toFixed(0),
    kept.toFixed(0),
    rss.toFixed(0),
    `${done ?? ""}`,
    `${failed ?? ""}`,
    `${statusBytes ?? ""}`,
  ]);
  const columns = heads.map((head, index) => (index === 0 ? { head } : { head, align: "right" as const }));
  console.log(drawTable(columns, rows).join("\n"));
}
