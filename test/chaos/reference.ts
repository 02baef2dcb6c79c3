/**
 * The undisturbed run with which chaos is compared: one process with everything embedded, whose own answers are checked against a plain count of the events.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Status } from "../../functions/api.ts";
import { startServerProcess } from "../runtime/server-process.ts";
import { askCluster } from "../support/ask-cluster.ts";
import { makeEvents, writeEvents } from "../support/write-events.ts";
import type { Reference } from "./perform-round.ts";
import { dataset, type PlannedQuery } from "./plan-round.ts";

export interface ReferenceServer {
  /** The path of the dataset's file. */
  readonly data: string;
  readonly answer: (query: PlannedQuery) => Promise<Reference>;
  stop(): Promise<void>;
}

export const partitionCount = 200;
const eventsEach = 50;

export async function startReference(directory: string): Promise<ReferenceServer> {
  const data = join(directory, "events.parquet");
  const events = makeEvents(partitionCount * eventsEach, 3);
  await writeEvents(data, events, eventsEach);
  const limits = ["--partition-events", "1", "--threads", "1", "--memory", "64MiB", "--log-level", "warn"];
  const server = await startServerProcess(["--state", join(directory, "reference"), "--data", `${dataset}=${data}`, ...limits]);
  return {
    data,
    async answer({ body, client }) {
      const status = await askCluster(body, { urls: () => [server.url], patience: 180, client });
      checkCounts(status);
      const response = await fetch(`${server.url}/queries/${status.id}?format=uhi`);
      return { status, text: await response.text() };
    },
    async stop() {
      server.kill("SIGKILL");
      await server.exited;
    },
  };

  function checkCounts({ state, partitions, histograms, cutflow, variations = {} }: Status): void {
    assert.equal(state, "done");
    assert.equal(partitions.done, partitionCount * (1 + Object.keys(variations).length));
    const cut = Number(/[\d.]+$/.exec(cutflow[1]!.filter!)![0]);
    const counts = new Array<number>(42).fill(0);
    for (const { MET_pt } of events) if (MET_pt > cut) counts[MET_pt >= 200 ? 41 : 1 + Math.floor(MET_pt * (40 / 200))]!++;
    assert.deepEqual(histograms.met?.storage.values, counts);
  }
}
