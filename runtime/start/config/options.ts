/** What the server can be told at its start, and the help that says so. */
import { availableParallelism, totalmem } from "node:os";
import process from "node:process";
import { Command, Option } from "commander";
import { fileEndings, formatTitles } from "../../../datasets/formats.ts";
import { addLimitOptions } from "./limit-options.ts";
import { formatSize } from "./units.ts";

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export const smallestMemory = 64 * 2 ** 20;

/** The options as commander knows them; their values are checked elsewhere. */
export function describeOptions(): Command {
  const collect = (value: string, before: readonly string[]) => [...before, value];
  const memory = formatSize(Math.min(4 * 2 ** 30, Math.max(smallestMemory, machineMemory() / 2)));
  const command = new Command("npm start --")
    .description("Starts Femtoq: the page, the query functions and the compute threads in one process, or one part of a cluster.")
    .addOption(
      new Option(
        "--data <NAME=PATH_OR_GLOB>",
        `a dataset and its ${formatTitles} files; repeat it for more (in the variable, separate them by semicolons). Without it, a demo dataset of a million dimuon events is made.`,
      )
        .env("FEMTOQ_DATA")
        .default([], "the demo dataset")
        .argParser(collect),
    )
    .addOption(new Option("--port <PORT>", "TCP port; 0 takes a free one").env("FEMTOQ_PORT").default("8000"))
    .addOption(
      new Option("--host <ADDRESS>", "address to listen on; other machines reach 0.0.0.0, and nothing asks who they are")
        .env("FEMTOQ_HOST")
        .default("127.0.0.1"),
    )
    .addOption(new Option("--threads <N>", "worker threads").env("FEMTOQ_THREADS").default(`${availableParallelism()}`))
    .addOption(new Option("--memory <SIZE>", "columns and work areas kept in memory, such as 2GiB").env("FEMTOQ_MEMORY").default(memory))
    .addOption(new Option("--state <DIR>", "where queries, results and the demo dataset are kept").env("FEMTOQ_STATE").default(".femtoq"))
    .addOption(
      new Option("--store-limit <SIZE>", "stored partials and results, oldest use goes first").env("FEMTOQ_STORE_LIMIT").default("2GiB"),
    )
    .addOption(
      new Option("--keep <TIME>", "how long plans, partials and results are kept after their last use: 14d, 12h, 90min, or forever")
        .env("FEMTOQ_KEEP")
        .default("14d"),
    )
    .addOption(
      new Option(
        "--mongodb <URI>",
        "a MongoDB server (4.4 or later) as the store, shared by all who name it; better as the variable where it has a password",
      ).env("FEMTOQ_MONGODB"),
    )
    .addOption(new Option("--log-level <LEVEL>", logLevels.join(", ")).env("FEMTOQ_LOG_LEVEL").default("info"))
    .addOption(new Option("--log-file <PATH>", "where the log goes besides standard error, one JSON object a line").env("FEMTOQ_LOG_FILE"))
    .addOption(
      new Option("--otlp <URL>", "an OpenTelemetry collector that gets a trace of every query that is computed").env("FEMTOQ_OTLP"),
    )
    .addOption(
      new Option(
        "--role <ROLE>",
        "dispatch takes queries and merges, compute runs them, all does both; one role alone needs --zookeeper and --mongodb",
      )
        .env("FEMTOQ_ROLE")
        .default("all"),
    )
    .addOption(
      new Option("--zookeeper <HOSTS>", "ZooKeeper servers that keep the queue of a cluster: HOST:2181,HOST:2181/path").env(
        "FEMTOQ_ZOOKEEPER",
      ),
    )
    .addOption(
      new Option("--zookeeper-auth <NAME:PASSWORD>", "who owns what is kept there; better as the variable").env("FEMTOQ_ZOOKEEPER_AUTH"),
    )
    .addOption(
      new Option(
        "--compute-url <URL>",
        "have the partitions computed by the compute function there (POST URL/compute), --threads at a time",
      ).env("FEMTOQ_COMPUTE_URL"),
    )
    .addOption(
      new Option("--session-timeout <TIME>", "after so long a silent process of the cluster has lost what it was computing")
        .env("FEMTOQ_SESSION_TIMEOUT")
        .default("10s"),
    )
    .addOption(
      new Option("--locality-delay <TIME>", "how long a node leaves a partition to those that have its columns in memory")
        .env("FEMTOQ_LOCALITY_DELAY")
        .default("150ms"),
    );
  return addLimitOptions(command).addHelpText(
    "after",
    `
Examples:
  npm start                                          the demo dataset, on http://127.0.0.1:8000
  npm start -- --data cms=data/Run2012B${fileEndings[0]}      one file, as dataset "cms"
  npm start -- --data 'zmumu=data/zmumu/*${fileEndings[0]}' --port 9000 --memory 8GiB
  npm start -- --role dispatch --zookeeper zk:2181 --mongodb mongodb://db/femtoq --data 'cms=/data/cms/*${fileEndings[0]}'
  npm start -- --role compute --zookeeper zk:2181 --mongodb mongodb://db/femtoq --port 8001
                                                     two parts of a cluster: docs/cluster.md

Then open the page, or ask from another terminal:
  npm run -s femtoq -- query examples/dimuon-mass.json

Every option may also be given as the variable named beside it; an option wins over its variable.`,
  );
}

/** Bytes of memory that this process may use: the machine's, or its container's where that is less. */
export function machineMemory(): number {
  // Node 20 gives 0 or an enormous number where there is no limit; Deno may not have the function.
  const limit = process.constrainedMemory?.() ?? 0;
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
