/**
 * `npm run bench:promises` measures two promises: how soon a short query is done beside a long one of another client, in subtasks, and how soon computing stops
 * after a query is cancelled. It asserts nothing; tests check the first promise, and that cancelled queries stop.
 */
import { Command } from "commander";
import { createCoordinator } from "../../coordination/embedded/coordinator.ts";
import { createLmdbJournal } from "../../coordination/embedded/lmdb-journal.ts";
import { createZooKeeperCoordinator } from "../../coordination/zookeeper/coordinator.ts";
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
  .option("--rounds <count>", "of cancelled queries", Number, 15)
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
const took = await measureCancelling(service, { threads, rounds }).finally(() => service.stop());
const cancelling = { median: median(took), most: Math.max(...took) };
if (options.json) console.log(JSON.stringify({ nodes, threads, doneAs, cancelling }));
else {
  console.log(`ten subtasks beside a thousand of another client: the last one is done as number ${doneAs} (40 at most)`);
  console.log(
    `a cancelled query computes nothing any more after ${cancelling.median.toFixed(0)} ms, ${cancelling.most.toFixed(0)} at most (aim: 200)`,
  );
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
