/** A thread of `engine-threads.ts`: runs a query over its share of the partitions when it is told to. */
import { parentPort, workerData } from "node:worker_threads";
import { prepareQueries, type Share } from "../adl/prepare-queries.ts";
import { Columns } from "../load-columns.ts";

export interface EngineThreadData {
  readonly data: string;
  readonly names: readonly string[];
  readonly share: Share;
}

const { data, names, share } = workerData as EngineThreadData;
const queries = await prepareQueries(await Columns.open(data), names, share);
parentPort!.on("message", (name: string) => {
  queries.find((each) => each.name === name)!.run();
  parentPort!.postMessage("done");
});
parentPort!.postMessage("ready");
