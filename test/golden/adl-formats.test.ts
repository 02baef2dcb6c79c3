/**
 * Runs the ADL benchmark over the same events in every ROOT codec, as RNTuple and in both layouts of Parquet (`make-adl-files.py`, with uproot and pyarrow), on
 * a cluster of two nodes. All must give the same bins, which are also computed by hand for some queries.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Status } from "../../functions/api.ts";
import { requireServer } from "../servers/require-server.ts";
import { askCluster } from "../support/ask-cluster.ts";
import { type Cluster, openCluster, readReasons, startClusterServers } from "../support/cluster.ts";
import { readSeries } from "../support/read-series.ts";
import { until } from "../support/until.ts";
import { byHand, readEvents } from "./adl-by-hand.ts";

const servers = requireServer("the ADL benchmark on a cluster", await startClusterServers({ tick: 200 }));
after(() => servers?.stop());

const roots = ["zlib", "lz4", "zstd", "lzma", "none", "rntuple"];
const files = new Map([
  ...["lists", "structs"].map((name) => [name, `adl-${name}.parquet`]),
  ...roots.map((name) => [name, `adl-${name}.root`]),
] as [string, string][]);
const pathOf = (name: string) => fileURLToPath(new URL(`files/${name}`, import.meta.url));
const events = 180;
const args = [
  ...[...files].flatMap(([name, file]) => ["--data", `${name}=${pathOf(file)}`]),
  ...["--partition-events", "60", "--threads", "1", "--memory", "64MiB", "--session-timeout", "2s"],
];

type Query = {
  readonly histograms: Readonly<Record<string, { readonly axes: readonly { readonly lower: number; readonly upper: number }[] }>>;
};

async function readExample(number: number): Promise<Query> {
  return JSON.parse(await readFile(new URL(`../../examples/adl/query-${number}.json`, import.meta.url), "utf8"));
}

async function ask(cluster: Cluster, query: object, dataset: string): Promise<Status> {
  const status = await askCluster({ ...query, dataset }, { urls: () => cluster.urls, patience: 180 });
  assert.equal(status.state, "done", JSON.stringify(status.failures));
  assert.deepEqual([status.events.done, status.failures], [events, []]);
  assert.equal(status.partitions.total, 3, `${dataset} has a partition for each part that its file was written in`);
  return status;
}

/** Reads a metric of all processes that compute. */
async function countOf(cluster: Cluster, series: string): Promise<readonly number[]> {
  const nodes = [...cluster.processes].filter(({ role }) => role === "compute");
  return await Promise.all(nodes.map(async ({ url }) => readSeries(await (await fetch(`${url}/metrics`)).text()).get(series) ?? 0));
}

const sum = (all: readonly number[]) => all.reduce((total, each) => total + each, 0);

if (servers) {
  test("ADL queries 1 to 8 fill the same bins from each codec, RNTuple and both layouts of Parquet on two nodes, and again from their caches", async (t) => {
    const cluster = await openCluster(t, servers, { args });
    const processes = await Promise.all([cluster.start("dispatch"), cluster.start("compute"), cluster.start("compute")]);
    for (const each of processes) await until(async () => (await readReasons(each)).length === 0);
    const byProgram = new Map<string, readonly number[]>();
    for (let number = 1; number <= 8; number++) {
      const query = await readExample(number);
      const expected = await ask(cluster, query, "lists");
      const filled = Object.values(expected.histograms).map(({ storage }) => sum(storage.values as readonly number[]));
      assert.ok(sum(filled) > 0, `query ${number} fills something`);
      for (const [name, { storage }] of Object.entries(expected.histograms)) byProgram.set(name, storage.values as readonly number[]);
      for (const dataset of files.keys()) {
        const { histograms, cutflow } = await ask(cluster, query, dataset);
        assert.deepEqual([histograms, cutflow], [expected.histograms, expected.cutflow], `query ${number} over ${dataset}`);
      }
    }

    const objects = await readEvents(pathOf("adl-lists.parquet"));
    for (const [name, number, histogram] of [
      ["6-2", 6, "trijet_btag"],
      ["7", 7, "ht"],
      ["8", 8, "mt"],
    ] as const) {
      const [{ lower, upper }] = (await readExample(number)).histograms[histogram]!.axes as [{ lower: number; upper: number }];
      const counts = new Array<number>(102).fill(0);
      for (const value of objects.map(byHand[name])) {
        if (value === undefined) continue;
        counts[value < lower ? 0 : value < upper ? 1 + Math.floor((100 * (value - lower)) / (upper - lower)) : 101]!++;
      }
      assert.deepEqual(byProgram.get(histogram), counts, name);
    }

    const computed = await countOf(cluster, 'femtoq_subtasks_total{outcome="computed"}');
    assert.ok(Math.min(...computed) > 0, `both nodes computed, current counts are ${computed}`);
    const before = sum(await countOf(cluster, 'femtoq_columns_total{found="memory"}'));
    const again = { histograms: { met: { axes: [{ type: "regular", bins: 30, lower: 0, upper: 90, value: "MET.pt" }] } } };
    const first = await ask(cluster, again, "lists");
    for (const dataset of files.keys()) assert.deepEqual((await ask(cluster, again, dataset)).histograms, first.histograms, dataset);
    assert.ok(sum(await countOf(cluster, 'femtoq_columns_total{found="memory"}')) > before, "columns were found in memory");
  });
}
