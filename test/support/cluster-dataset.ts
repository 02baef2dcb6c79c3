/** A small dataset for clusters, a query of it, and its right answer. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Status } from "../../functions/api.ts";
import { temporaryDirectory } from "../runtime/server-process.ts";
import { slowQuery } from "../runtime/slow-query.ts";
import { makeEvents, writeEvents } from "./write-events.ts";

export const partitions = 20;
const perPartition = 3000;
const events = makeEvents(partitions * perPartition, 5);

export interface ClusterDataset {
  /** The options of every process: the dataset, one thread, little memory, a short session. */
  readonly args: readonly string[];
  remove(): Promise<void>;
}

/** Makes the dataset `events` in a directory of its own. */
export async function makeClusterDataset(): Promise<ClusterDataset> {
  const directory = await temporaryDirectory();
  const file = join(directory.path, "events.parquet");
  await writeEvents(file, events, perPartition);
  return {
    args: ["--data", `events=${file}`, "--partition-events", "1", "--threads", "1", "--memory", "64MiB", "--session-timeout", "2s"],
    remove: () => directory.remove(),
  };
}

/** A query; each `upper` makes another one. */
export const clusterQuery = (upper: number) => ({
  dataset: "events",
  histograms: { met: { axes: [{ type: "regular", bins: 20, lower: 0, upper, value: "MET.pt" }] } },
});

/** A query that takes some hundredths of a second for each partition. */
export const slowClusterQuery = { ...slowQuery("events"), define: { Jet: "Muon" } };

/** Checks that this is the whole answer of `clusterQuery(upper)`, with every event counted once. */
export function assertComplete(status: Status, upper: number): void {
  const counts = new Array<number>(22).fill(0);
  for (const { MET_pt } of events) counts[MET_pt >= upper ? 21 : 1 + Math.floor(MET_pt * (20 / upper))]!++;
  assert.equal(status.state, "done", JSON.stringify(status.failures));
  assert.equal(status.partitions.done, partitions);
  assert.deepEqual(status.histograms.met!.storage.values, counts);
}
