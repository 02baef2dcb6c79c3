/**
 * Measures how many columns are found in memory when a scan is repeated with other cuts, over data that no node can hold alone and all
 * nodes together can.
 */
import { writeFile } from "node:fs/promises";
import { parquetWriteBuffer } from "hyparquet-writer";
import { temporaryDirectory } from "../../runtime/server-process.ts";
import { post } from "../../runtime/slow-query.ts";
import { Cluster, type ClusterProcess, readReasons } from "../../support/cluster.ts";
import { readSeries } from "../../support/read-series.ts";
import { until } from "../../support/until.ts";
import type { Figure } from "./figures.ts";

export interface AffinityOptions {
  readonly zookeeper: string;
  readonly mongodb: string;
  readonly onStep: (step: string, share?: number) => void;
}

const nodes = 3;
const files = 8;
const partitionsEach = 8;
const perPartition = 20_000;
const columns = 10;
const scans = 6;
const memory = "64MiB";

export async function measureAffinity({ zookeeper, mongodb, onStep }: AffinityOptions): Promise<readonly Figure[]> {
  const directory = await temporaryDirectory();
  onStep("writing data");
  for (let file = 0; file < files; file++) await writeFlatFile(`${directory.path}/part${file}.parquet`, file);
  const args = [
    "--data",
    `flat=${directory.path}/*.parquet`,
    "--partition-events",
    "1",
    "--threads",
    "1",
    "--memory",
    memory,
    "--log-level",
    "warn",
  ];
  const cluster = new Cluster({ zookeeper, mongodb, args });
  try {
    const dispatcher = await cluster.start("dispatch");
    const computing = await Promise.all(Array.from({ length: nodes }, () => cluster.start("compute")));
    for (const server of [dispatcher, ...computing]) await until(async () => (await readReasons(server)).length === 0);
    await scan(dispatcher.url, 0);
    // Nodes publish what they hold at most once per second.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const before = await readCounters(computing);
    for (let cut = 1; cut <= scans; cut++) {
      onStep("scans with other cuts", cut / scans);
      await scan(dispatcher.url, cut);
    }
    const after = await readCounters(computing);
    const found = after.memory - before.memory;
    const needed = found + after.files - before.files;
    return [
      { figure: `columns in memory, most of ${nodes} nodes of ${memory}`, value: after.most / 2 ** 20, unit: "MiB" },
      { figure: "columns in memory, all nodes", value: after.cached / 2 ** 20, unit: "MiB" },
      { figure: `columns found in memory, ${scans} scans of other cuts`, value: (100 * found) / needed, unit: "%", aim: { atLeast: 95 } },
    ];
  } finally {
    await cluster.killAll();
    await directory.remove();
  }
}

async function writeFlatFile(path: string, seed: number): Promise<void> {
  const count = partitionsEach * perPartition;
  let state = seed + 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const columnData = Array.from({ length: columns }, (_, column) => ({
    name: `x${column}`,
    data: Float64Array.from({ length: count }, next),
  }));
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: perPartition })));
}

async function scan(url: string, cut: number): Promise<void> {
  const sum = Array.from({ length: columns }, (_, column) => `x${column}`).join(" + ");
  const axis = { type: "regular", bins: 50, lower: 0, upper: columns, value: sum };
  const query = { dataset: "flat", filter: `x0 > 0.${cut}`, histograms: { sum: { axes: [axis] } } };
  const { status } = await post(url, query, 60);
  if (status.state !== "done" || status.submission?.queued !== files * partitionsEach) {
    throw new Error(`The scan was not computed: ${JSON.stringify(status).slice(0, 1_000)}`);
  }
}

async function readCounters(computing: readonly ClusterProcess[]) {
  const total = { memory: 0, files: 0, cached: 0, most: 0 };
  for (const { url } of computing) {
    const series = readSeries(await (await fetch(`${url}/metrics`)).text());
    const figure = (name: string) => series.get(name) ?? Number.NaN;
    total.memory += figure('femtoq_columns_total{found="memory"}');
    total.files += figure('femtoq_columns_total{found="files"}');
    const cached = figure("femtoq_cache_bytes");
    total.cached += cached;
    total.most = Math.max(total.most, cached);
  }
  return total;
}
