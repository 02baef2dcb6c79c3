/**
 * Measures a query of one partition that nobody asked before, over HTTP, of one process with everything in it and of a cluster, by turns;
 * then the requests that an idle cluster makes.
 */
import { startServerProcess, temporaryDirectory } from "../../runtime/server-process.ts";
import { post } from "../../runtime/slow-query.ts";
import { Cluster, readReasons } from "../../support/cluster.ts";
import { clusterQuery } from "../../support/cluster-dataset.ts";
import { median, timed } from "../../support/timing.ts";
import { until } from "../../support/until.ts";
import { makeEvents, writeEvents } from "../../support/write-events.ts";
import type { Figure } from "./figures.ts";
import { type RawServers, readCounts } from "./raw-servers.ts";

export interface ColdQueryOptions {
  readonly zookeeper: string;
  readonly port: number;
  readonly mongodb: string;
  readonly raw: RawServers;
  readonly onStep: (step: string, share?: number) => void;
}

const warmUps = 15;
const rounds = 60;
const events = 3_000;
const idle = 5_000;
const creates = 8;
const pings = 6;
/** The reads of the store that are unavoidable: of the query, of the program for its node, and of the partial for the sum. */
const reads = 3;
/** Writes that the store cannot be spared: query and plan before nodes hear of them, the partial, the result. */
const writes = 3;

export async function measureColdQuery({ zookeeper, port, mongodb, raw, onStep }: ColdQueryOptions): Promise<readonly Figure[]> {
  const directory = await temporaryDirectory();
  const file = `${directory.path}/events.parquet`;
  await writeEvents(file, makeEvents(events), events);
  const args = ["--data", `events=${file}`, "--threads", "1", "--memory", "64MiB", "--log-level", "warn"];
  const cluster = new Cluster({ zookeeper, mongodb, args });
  onStep("starting a cluster and a server alone");
  const alone = await startServerProcess([...args, "--state", `${directory.path}/state`]);
  try {
    const dispatcher = await cluster.start("dispatch");
    await cluster.start("compute");
    for (const server of [dispatcher, alone]) await until(async () => (await readReasons(server)).length === 0);
    const times = {
      alone: [] as number[],
      cluster: [] as number[],
      creates: [] as number[],
      pings: [] as number[],
      writes: [] as number[],
      reads: [] as number[],
    };
    for (let round = 0; round < warmUps + rounds; round++) {
      onStep("queries of one partition", round / (warmUps + rounds));
      const query = clusterQuery(50 + round / 7);
      const stored = await raw.partials(5);
      const measured = {
        alone: await timed(() => complete(alone.url, query)),
        cluster: await timed(() => complete(dispatcher.url, query)),
        creates: median(await raw.creates(11)),
        pings: median(await raw.pings(11)),
        writes: median(stored.writes),
        reads: median(stored.reads),
      };
      if (round < warmUps) continue;
      for (const what of ["alone", "cluster", "creates", "pings", "writes", "reads"] as const) times[what].push(measured[what]);
    }
    const unit = { create: median(times.creates), ping: median(times.pings), alone: median(times.alone) };
    const store = { write: median(times.writes), read: median(times.reads) };
    const value = median(times.cluster);
    const allowed = creates * unit.create + pings * unit.ping + unit.alone;
    const needed = creates * unit.create + writes * store.write + reads * store.read + unit.alone;
    onStep("an idle cluster");
    const idling = await measureIdle(port);
    return [
      { figure: "raw create, p50", value: unit.create, unit: "ms" },
      { figure: "raw ping of the store, p50", value: unit.ping, unit: "ms" },
      { figure: "raw write of a partial, p50", value: store.write, unit: "ms" },
      { figure: "raw read of a partial, p50", value: store.read, unit: "ms" },
      { figure: "one partition, cold, one process, p50", value: unit.alone, unit: "ms" },
      {
        figure: "one partition, cold, cluster, p50",
        value,
        unit: "ms",
        relative: { value: value / allowed, to: `${creates} creates + ${pings} pings + one process` },
        aim: { atMost: 1 },
      },
      {
        figure: "the same, by what the store takes",
        value,
        unit: "ms",
        relative: { value: value / needed, to: `${creates} creates + ${writes} writes + ${reads} reads + one process` },
      },
      ...idling,
    ];
  } finally {
    await cluster.killAll();
    alone.kill("SIGKILL");
    await alone.exited;
    await directory.remove();
  }
}

async function complete(url: string, query: object): Promise<void> {
  const { status } = await post(url, query, 30);
  if (status.state !== "done" || status.submission?.queued !== 1) throw new Error(`The query was not computed: ${JSON.stringify(status)}`);
}

/** Counts from the first quiet second on. */
async function measureIdle(port: number): Promise<readonly Figure[]> {
  let before = await readCounts(port);
  for (let last = -1, tries = 0; last !== before.changes && tries < 20; tries++) {
    last = before.changes;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    before = await readCounts(port);
  }
  await new Promise((resolve) => setTimeout(resolve, idle));
  const after = await readCounts(port);
  const seconds = idle / 1000;
  return [
    { figure: `changes in ZooKeeper, idle ${seconds} s`, value: after.changes - before.changes, unit: "", aim: { atMost: 0 } },
    { figure: `requests of ZooKeeper, idle ${seconds} s, pings among them`, value: after.requests - before.requests - 1, unit: "" },
  ];
}
