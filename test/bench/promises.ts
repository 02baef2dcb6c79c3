/**
 * `npm run bench:promises` measures two promises: how soon a short query is done beside a long one of another client, in subtasks, and how soon computing stops
 * after a query is cancelled. It asserts nothing; tests check the first promise, and that cancelled queries stop.
 */
import { Command } from "commander";
import { createCoordinator } from "../../coordination/embedded/coordinator.ts";
import { createLmdbJournal } from "../../coordination/embedded/lmdb-journal.ts";
import { createZooKeeperCoordinator } from "../../coordination/zookeeper/coordinator.ts";
import { Connection } from "../../coordination/zookeeper/protocol/connection.ts";
import { createSequential } from "../../coordination/zookeeper/protocol/operations.ts";
import { openEnvironment } from "../../storage/embedded/environment.ts";
import { countUntilFewAreDone } from "../contracts/coordinator/few-beside-many.ts";
import { temporaryDirectory } from "../runtime/server-process.ts";
import { silent } from "../runtime/silent-log.ts";
import { startZooKeeper } from "../servers/zookeeper-server.ts";
import { median } from "../support/timing.ts";
import { measureCancelling } from "./service/measure-cancelling.ts";
import { startService } from "./service/servers.ts";

const options = new Command("bench:promises")
  .description("subtasks until ten beside a thousand are done, and milliseconds until a cancelled query computes nothing")
  .requiredOption("--data <file>", "events.parquet of the CMS shape")
  .option("--cluster <nodes>", "a dispatcher and so many compute nodes, which share the threads, instead of one process", Number, 0)
  .option("--threads <count>", "that compute", Number, 2)
  .option("--rounds <count>", "of cancelled queries, after the one whose columns must be loaded", Number, 15)
  .option("--json", "one JSON line")
  .parse()
  .opts<{
    readonly data: string;
    readonly cluster: number;
    readonly threads: number;
    readonly rounds: number;
    readonly json?: boolean;
  }>();

const { data, cluster: nodes, threads, rounds } = options;
const doneAs = await (nodes > 0 ? countOnZooKeeper() : countEmbedded());
const service = await startService({ args: ["--data", `events=${data}`], threads, nodes });
const {
  took: [loading, ...took],
  writes,
} = await measureCancelled().finally(() => service.stop());
const cancelling = summarize(took);
const writing = writes.length > 0 ? summarize(writes) : undefined;
if (options.json) console.log(JSON.stringify({ nodes, threads, doneAs, cancelling, loading, ...(writing && { writing }) }));
else {
  console.log(`ten subtasks beside a thousand of another client: the last one is done as number ${doneAs} (40 at most)`);
  console.log(
    `a cancelled query computes nothing any more after ${cancelling.median.toFixed(0)} ms, ${cancelling.most.toFixed(0)} at most (aim: 200); ${loading!.toFixed(0)} where its columns were being loaded`,
  );
  if (writing)
    console.log(
      `one write to ZooKeeper, begun at the same moments, takes ${writing.median.toFixed(0)} ms, ${writing.most.toFixed(0)} at most: it syncs its disk before it answers`,
    );
}

async function measureCancelled() {
  if (service.zookeeper === undefined) return await measureCancelling(service, { threads, rounds: rounds + 1 });
  const connection = await Connection.open({ hosts: service.zookeeper, sessionTimeout: 10_000, startTimeout: 10_000, log: silent });
  const write = () => connection.run((session) => session.commit([createSequential("/probe.")]));
  try {
    return await measureCancelling(service, { threads, rounds: rounds + 1, write });
  } finally {
    await connection.close();
  }
}

function summarize(times: readonly number[]) {
  return { median: median(times), most: Math.max(...times) };
}

async function countEmbedded(): Promise<number> {
  const directory = await temporaryDirectory();
  const environment = await openEnvironment({ directory: directory.path });
  const coordinator = await createCoordinator({ journal: createLmdbJournal(environment) });
  try {
    return await countUntilFewAreDone(coordinator);
  } finally {
    await coordinator.close();
    await directory.remove();
  }
}

async function countOnZooKeeper(): Promise<number> {
  const directory = await temporaryDirectory();
  const server = await startZooKeeper({ directory: directory.path });
  if ("missing" in server) throw new Error(`Nothing can be counted on ZooKeeper: there is ${server.missing}`);
  const coordinator = await createZooKeeperCoordinator({ hosts: server.hosts, log: silent });
  try {
    return await countUntilFewAreDone(coordinator);
  } finally {
    await coordinator.close();
    await server.stop();
    await directory.remove();
  }
}
