/** A thread of `threads.ts`: runs a query when it is told to, over columns of its own. */
import { parentPort, workerData } from "node:worker_threads";
import { median } from "../../support/timing.ts";
import { Columns } from "../load-columns.ts";
import { prepareQueries } from "./prepare-queries.ts";

export interface ThreadData {
  readonly data: string;
  readonly names: readonly string[];
}

/** Milliseconds; in the first part of it the host compiles. */
const [warmUp, measured] = [300, 1_000];

const { data, names } = workerData as ThreadData;
const queries = await prepareQueries(await Columns.open(data), names);
parentPort!.on("message", (name: string) => {
  const query = queries.find((each) => each.name === name)!;
  runFor(query, warmUp);
  parentPort!.postMessage(median(runFor(query, measured)));
});
parentPort!.postMessage("ready");

function runFor(query: (typeof queries)[number], milliseconds: number): readonly number[] {
  const end = performance.now() + milliseconds;
  const speeds: number[] = [];
  while (speeds.length === 0 || performance.now() < end) speeds.push(query.run().speed);
  return speeds;
}
