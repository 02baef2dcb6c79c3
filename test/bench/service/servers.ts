/** Starts the service for the benchmark: one process, or a cluster of a dispatcher and compute nodes with its own servers. */
import { readFileSync } from "node:fs";
import { type ServerProcess, startServerProcess, temporaryDirectory } from "../../runtime/server-process.ts";
import { Cluster, readReasons, startClusterServers } from "../../support/cluster.ts";
import { until } from "../../support/until.ts";

export interface Service {
  readonly url: string;
  /** The URLs of its processes that compute. */
  readonly computing: readonly string[];
  /** The address of its ZooKeeper, if it has one. */
  readonly zookeeper?: string;
  /** The processor time of all its processes so far, in milliseconds; 0 if the system does not tell. */
  cpu(): number;
  /** Restarts its processes, so that no columns are in memory; the catalogue in the store remains. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface ServiceOptions {
  /** The options, as on the command line. */
  readonly args: readonly string[];
  readonly threads: number;
  /** The number of compute nodes that share the threads; 0 for a single process. */
  readonly nodes: number;
}

export function startService(options: ServiceOptions): Promise<Service> {
  return options.nodes === 0 ? startAlone(options) : startCluster(options);
}

async function startAlone({ args, threads }: ServiceOptions): Promise<Service> {
  const state = await temporaryDirectory();
  const start = async () => {
    const server = await startServerProcess([...args, "--threads", `${threads}`, "--state", state.path, "--log-level", "warn"]);
    await until(async () => (await readReasons(server)).length === 0, "readiness");
    return server;
  };
  const end = async (server: ServerProcess) => {
    server.kill("SIGTERM");
    await server.exited;
  };
  let server = await start();
  return {
    get url() {
      return server.url;
    },
    get computing() {
      return [server.url];
    },
    cpu: () => cpuOf([server.pid]),
    async restart() {
      await end(server);
      server = await start();
    },
    async stop() {
      await end(server);
      await state.remove();
    },
  };
}

async function startCluster({ args, threads, nodes }: ServiceOptions): Promise<Service> {
  const servers = await startClusterServers({ tick: 500 });
  if ("missing" in servers) throw new Error(`A cluster cannot be measured: there is ${servers.missing}`);
  const each = Math.max(1, Math.floor(threads / nodes));
  const cluster = new Cluster({
    zookeeper: servers.zookeeper.hosts,
    mongodb: `${servers.mongo.uri}service`,
    args: [...args, "--log-level", "warn", "--threads", `${each}`],
  });
  const start = async () => {
    const dispatcher = await cluster.start("dispatch");
    for (let node = 0; node < nodes; node++) await cluster.start("compute");
    for (const server of cluster.processes) await until(async () => (await readReasons(server)).length === 0, "readiness");
    return dispatcher;
  };
  const end = () => Promise.all([...cluster.processes].map((running) => cluster.end(running)));
  let dispatcher = await start();
  return {
    zookeeper: servers.zookeeper.hosts,
    get url() {
      return dispatcher.url;
    },
    get computing() {
      return [...cluster.processes].filter(({ role }) => role === "compute").map(({ url }) => url);
    },
    cpu: () => cpuOf([...cluster.processes].map(({ pid }) => pid)),
    async restart() {
      await end();
      dispatcher = await start();
    },
    async stop() {
      await cluster.killAll();
      await servers.stop();
    },
  };
}

/** The milliseconds of a clock tick, in which Linux counts processor time for users. */
const tick = 10;

function cpuOf(pids: readonly number[]): number {
  try {
    return pids.reduce((sum, pid) => {
      const [, , ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/\(.*\)/, "()")
        .split(" ");
      return sum + (Number(fields[11]) + Number(fields[12])) * tick;
    }, 0);
  } catch {
    return 0;
  }
}
