/** A thread of `threads.ts`: runs a query when it is told to, over its share of the partitions, or over all of them. */
import { parentPort, workerData } from "node:worker_threads";
import { median } from "../../support/timing.ts";
import { Columns } from "../load-columns.ts";
import { prepareQueries, type Share } from "./prepare-queries.ts";

export interface ThreadData {
  readonly data: string;
  readonly names: readonly string[];
  /** The first thread has all partitions, too. */
  readonly share: Share;
}

export interface Asked {
  readonly query: string;
  readonly isWhole: boolean;
}

/** Milliseconds; in the first part of it the host compiles. */
const [warmUp, measured] = [300, 1_000];

const { data, names, share } = workerData as ThreadData;
const columns = await Columns.open(data);
const own = await prepareQueries(columns, names, share);
const whole = share.index === 0 ? await prepareQueries(columns, names) : own;
parentPort!.on("message", ({ query: name, isWhole }: Asked) => {
  const query = (isWhole ? whole : own).find((each) => each.name === name)!;
  runFor(query, warmUp);
  parentPort!.postMessage(median(runFor(query, measured)));
});
parentPort!.postMessage("ready");

function runFor(query: (typeof own)[number], milliseconds: number): readonly number[] {
  const end = performance.now() + milliseconds;
  const speeds: number[] = [];
  while (speeds.length === 0 || performance.now() < end) speeds.push(query.run().speed);
  return speeds;
}
