/** The options of the server. A new option is one more row. */
import { z } from "zod";
import { usualPartitionEvents } from "../../../datasets/format.ts";
import { fileEndings, formatTitles } from "../../../datasets/formats.ts";
import { usualLimits } from "../../../functions/admission/limits.ts";
import { roleNames } from "../../../functions/roles.ts";
import {
  datasets,
  httpUrl,
  isNetwork,
  keep,
  machineMemory,
  oneOf,
  path,
  size,
  sizedDirectory,
  smallestMemory,
  time,
  tokenFiles,
  usualThreads,
  wholeNumber,
  zookeeperServers,
} from "./checks.ts";
import { mesosOptions } from "./mesos-options.ts";
import { formatSize } from "./units.ts";

export interface OptionRow {
  /** How the help names its value. */
  readonly value: string;
  readonly help: string;
  /** The default, as a user would write it; a list for an option that may be repeated; absent if there is none. `usualHelp` is how the help shows it. */
  readonly usual?: string | number | readonly string[];
  readonly usualHelp?: string;
  /** Turns the text into the value in the configuration, whose type this determines. */
  readonly check: z.ZodType;
  /** Set if error messages must not show the value, since it may contain a password or they show it already. */
  readonly isHidden?: true;
}

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
const usualMemory = formatSize(Math.min(4 * 2 ** 30, Math.max(smallestMemory, machineMemory / 2)));
const upToMillion = wholeNumber(1, 1_000_000);

/** The options, in the order of the help. `storeLimit` is `--store-limit` and the variable `FEMTOQ_STORE_LIMIT`. */
export const options = {
  /** If empty, the demo dataset is made. */
  data: {
    value: "NAME=PATH_OR_GLOB_OR_URL[:TREE]",
    help: `a dataset, its ${formatTitles} files, and which tree in them; repeat it for more (in the variable, separate them by semicolons). Without it, a demo dataset of a million dimuon events is made.`,
    usual: [],
    usualHelp: "the demo dataset",
    check: datasets,
    isHidden: true,
  },
  /** In entries. */
  partitionEvents: {
    value: "N",
    help: "events that a partition has at least: what a file stores together is put together until it has as many; for files that no server of the store has looked at yet",
    usual: usualPartitionEvents,
    check: wholeNumber(1, 1_000_000_000),
  },
  /** Absolute paths. */
  tokenFile: {
    value: "PATH",
    help: "a file with a bearer token (WLCG, SciTokens) for https files, read again when it changes; HOST=PATH,HOST=PATH for files of these hosts alone",
    check: tokenFiles.optional(),
  },
  port: { value: "PORT", help: "TCP port; 0 takes a free one", usual: 8000, check: wholeNumber(0, 65_535) },
  host: {
    value: "ADDRESS",
    help: "address to listen on; other machines reach 0.0.0.0, and nothing asks who they are",
    usual: "127.0.0.1",
    check: z.string().regex(/^[A-Za-z0-9.:-]+$/, "a host name or address is required, such as 127.0.0.1 or ::1"),
  },
  /** The names, without ports. */
  allowHost: {
    value: "NAME",
    help: "a name by which clients may call the server, besides its address and localhost; repeat it for more",
    usual: [],
    usualHelp: "none",
    check: z.array(z.string().regex(/^[\w.-]+$/, "a host name without a port is required, such as femtoq.example.org")).readonly(),
  },
  /** The addresses and networks. */
  trustProxy: {
    value: "ADDRESS",
    help: "a proxy, or a network such as 10.0.0.0/8 of them, whose X-Forwarded-For tells who asks; repeat it for more",
    usual: [],
    usualHelp: "none",
    check: z.array(z.string().refine(isNetwork, "an address or a network is required, such as 10.0.0.7 or 10.0.0.0/8")).readonly(),
  },
  threads: { value: "N", help: "worker threads", usual: usualThreads, check: wholeNumber(1, 1024) },
  /** In bytes, for columns and work areas. */
  memory: {
    value: "SIZE",
    help: "columns and work areas kept in memory, such as 2GiB",
    usual: usualMemory,
    check: size(smallestMemory, machineMemory),
  },
  /** A directory and its most bytes; undefined if there is none. */
  diskCache: {
    value: "DIR:SIZE",
    help: "columns kept on the disk, too, decoded, for when they no longer fit into memory or the process starts again, such as /scratch/femtoq:100GiB; it may be deleted at any time, and shared by processes",
    usualHelp: "none",
    check: sizedDirectory.optional(),
  },
  /** Milliseconds. */
  mostCompute: {
    value: "TIME",
    help: "time of a thread that a query may take for one partition; beyond, the partition fails",
    usual: "10min",
    check: time(1_000, 7 * 86_400_000),
  },
  /** Absolute path. */
  state: { value: "DIR", help: "where queries, results and the demo dataset are kept", usual: ".femtoq", check: path("a directory") },
  /** In bytes of stored partials and results. */
  storeLimit: { value: "SIZE", help: "stored partials and results, oldest use goes first", usual: "2GiB", check: size(16 * 2 ** 20) },
  /** The milliseconds for which stored data are kept after their last use; undefined means for ever. */
  keep: {
    value: "TIME",
    help: "how long plans, partials and results are kept after their last use: 14d, 12h, 90min, or forever",
    usual: "14d",
    check: keep,
  },
  /** The connection string of the store; undefined means the embedded store. */
  mongodb: {
    value: "URI",
    help: "a MongoDB server (4.4 or later) as the store, shared by all who name it; better as the variable where it has a password",
    check: z
      .string()
      .regex(/^mongodb(\+srv)?:\/\/./, "a connection string is required, such as mongodb://127.0.0.1:27017/femtoq")
      .optional(),
    isHidden: true,
  },
  logLevel: { value: "LEVEL", help: logLevels.join(", "), usual: "info", check: oneOf(logLevels) },
  /** Absolute path. */
  logFile: {
    value: "PATH",
    help: "where the log goes besides standard error, one JSON object a line",
    check: path("a path").optional(),
  },
  /** Where traces are sent; undefined means nowhere. */
  otlp: {
    value: "URL",
    help: "an OpenTelemetry collector that gets a trace of every query that is computed",
    check: httpUrl("http://127.0.0.1:4318").optional(),
  },
  /** A role that keeps no state of its own requires `zookeeper` and `mongodb`. */
  role: {
    value: "ROLE",
    help: "dispatch takes queries and merges, compute runs them, all does both, mesos starts compute nodes on a Mesos cluster; one role alone needs --zookeeper and --mongodb",
    usual: "all",
    check: oneOf(roleNames),
  },
  /** The connection string of the coordinator; undefined means the embedded coordinator. */
  zookeeper: {
    value: "HOSTS",
    help: "ZooKeeper servers that keep the queue of a cluster: HOST:2181,HOST:2181/path",
    check: zookeeperServers.optional(),
    isHidden: true,
  },
  /** `NAME:PASSWORD`. */
  zookeeperAuth: {
    value: "NAME:PASSWORD",
    help: "who owns what is kept there; better as the variable",
    check: z
      .string()
      .regex(/^[^:]+:./, "a name and a password are required, as NAME:PASSWORD")
      .optional(),
    isHidden: true,
  },
  /** The URL of the compute function; undefined means that this process computes. */
  computeUrl: {
    value: "URL",
    help: "have the partitions computed by the compute function there (POST URL/compute), --threads at a time",
    check: httpUrl("http://functions.example:9000").optional(),
    isHidden: true,
  },
  computeSecret: {
    value: "SECRET",
    help: "lets other machines use the compute function: who asks for POST /compute shows it; better as the variable",
    check: z.string().min(16, "at least 16 characters are required").optional(),
    isHidden: true,
  },
  /** Milliseconds. */
  grace: {
    value: "TIME",
    help: "after a signal to end, the process is gone after so long, whatever holds it up",
    usual: "5s",
    check: time(1_000, 3_600_000),
  },
  /** In milliseconds; must be less than `grace`. */
  drain: {
    value: "TIME",
    help: "after a signal to end, what is being computed has so long to be finished and saved; the rest goes back to the queue at once",
    usual: "500ms",
    check: time(0, 3_600_000),
  },
  /** Only shown to people. */
  task: {
    value: "NAME",
    help: "what started this node, for those who look at nodes: a batch job's number, a Mesos task",
    check: z.string().max(300).optional(),
  },
  /** Absolute path. */
  secrets: {
    value: "PATH",
    help: "a file with more variables, one FEMTOQ_NAME=VALUE a line: for what others must not see among options and variables",
    check: path("a path").optional(),
  },
  /** The milliseconds after which a silent process has lost its claims. */
  sessionTimeout: {
    value: "TIME",
    help: "after so long a silent process of the cluster has lost what it was computing",
    usual: "10s",
    check: time(1_000, 300_000),
  },
  /** The milliseconds for which a client stays interested in a query without asking for it. */
  interest: {
    value: "TIME",
    help: "a query that nobody asks for, looks at or follows for so long is withdrawn; the same for a whole cluster",
    usual: "24h",
    check: time(60_000, 30 * 24 * 3_600_000),
  },
  /** The milliseconds for which a node leaves a subtask to nodes that hold its columns. */
  localityDelay: {
    value: "TIME",
    help: "how long a node leaves a partition to those that have its columns in memory",
    usual: "150ms",
    check: time(0, 60_000),
  },
  /** Counts requests that have begun and are not answered, except those that wait because the client asked for it. */
  mostRequests: { value: "N", help: "requests at a time; those beyond get 503 and Retry-After", usual: 1_000, check: upToMillion },
  mostQueries: {
    value: "N",
    help: "queries under way at a time; stored ones are answered all the same",
    usual: usualLimits.queries,
    check: upToMillion,
  },
  mostQueriesEach: {
    value: "N",
    help: "queries under way of one client; beyond: 429",
    usual: usualLimits.clientQueries,
    check: upToMillion,
  },
  mostStreams: {
    value: "N",
    help: "event streams and other answers that clients wait for",
    usual: usualLimits.streams,
    check: upToMillion,
  },
  mostStreamsEach: { value: "N", help: "the same of one client; beyond: 429", usual: usualLimits.clientStreams, check: upToMillion },
  /** In seconds. */
  longestWait: {
    value: "N",
    help: "seconds that queries may wait to begin before new ones get 503, where 50 are under way",
    usual: usualLimits.longestWait / 1000,
    check: upToMillion,
  },
  /** Counts the subtasks that wait or run in the whole cluster. */
  mostQueued: {
    value: "N",
    help: "partitions that wait or run, in the whole cluster; beyond: 503",
    usual: 1_000_000,
    check: wholeNumber(1, 100_000_000),
  },
  ...mesosOptions,
} satisfies Readonly<Record<string, OptionRow>>;

export type OptionKey = keyof typeof options;

export const optionRows: readonly (readonly [OptionKey, OptionRow])[] = Object.entries(options) as [OptionKey, OptionRow][];

export const description = "Starts Femtoq: the page, the query functions and the compute threads in one process, or one part of a cluster.";

export const examples = `
Examples:
  npm start                                          the demo dataset, on http://127.0.0.1:8000
  npm start -- --data cms=data/Run2012B${fileEndings[0]}      one file, as dataset "cms"
  npm start -- --data 'zmumu=data/zmumu/*${fileEndings[0]}' --port 9000 --memory 8GiB
  npm start -- --role dispatch --zookeeper zk:2181 --mongodb mongodb://db/femtoq --data 'cms=/data/cms/*${fileEndings[0]}'
  npm start -- --role compute --zookeeper zk:2181 --mongodb mongodb://db/femtoq --port 8001
                                                     two parts of a cluster: docs/cluster.md

Then open the page, or ask from another terminal:
  npm run -s femtoq -- query examples/dimuon-mass.json

Every option may also be given as the variable named beside it; an option wins over its variable.`;
