/** Starts a cluster on this machine: real processes of chosen roles on one ZooKeeper and one MongoDB. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import { Connection } from "../../coordination/zookeeper/protocol/connection.ts";
import { create } from "../../coordination/zookeeper/protocol/operations.ts";
import { type Role, roles } from "../../functions/roles.ts";
import { type Exit, type ProcessOptions, type ServerProcess, startServerProcess } from "../runtime/server-process.ts";
import { silent } from "../runtime/silent-log.ts";
import { findMongoProgram, type OwnMongoServer } from "../servers/mongo-server.ts";
import { makeServerDirectory } from "../servers/server-directory.ts";
import { type OwnZooKeeperServer, startZooKeeper, type ZooKeeperVersion } from "../servers/zookeeper-server.ts";

export interface ClusterProcess extends ServerProcess {
  readonly role: Role;
}

export interface StartOptions extends ProcessOptions {
  /** Further options, as on the command line. */
  readonly args?: readonly string[];
}

export interface ClusterOptions {
  /** The connection string, such as `HOST:PORT,HOST:PORT/chroot`. */
  readonly zookeeper: string;
  readonly mongodb: string;
  /** The options of every process, such as `--data`. */
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** The processes of a cluster. It does not own the servers. */
export class Cluster {
  /** The processes that run, and those that ended by themselves. */
  readonly processes = new Set<ClusterProcess>();
  readonly #options: ClusterOptions;

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  get zookeeper(): string {
    return this.#options.zookeeper;
  }

  get mongodb(): string {
    return this.#options.mongodb;
  }

  /** Resolves when the process listens. */
  async start(role: Role, { args = [], environment, ...options }: StartOptions = {}): Promise<ClusterProcess> {
    const { zookeeper, mongodb, args: shared } = this.#options;
    const started = await startServerProcess(["--role", role, "--zookeeper", zookeeper, "--mongodb", mongodb, ...shared, ...args], {
      ...options,
      environment: { ...this.#options.environment, ...environment },
    });
    const running: ClusterProcess = Object.assign(started, { role });
    this.processes.add(running);
    return running;
  }

  /** The addresses of the processes that take queries. */
  get urls(): readonly string[] {
    return [...this.processes].filter(({ role }) => roles[role].serves.some((part) => part === "queries")).map(({ url }) => url);
  }

  /** Ends a process as a power cut would. Resolves when it is gone. */
  async kill(running: ClusterProcess): Promise<void> {
    this.processes.delete(running);
    // This signal ends also a process that is stopped, which would take no other.
    running.kill("SIGKILL");
    await running.exited;
  }

  /** Ends a process by SIGTERM; returns its exit code, its log and its output. */
  async end(running: ClusterProcess): Promise<Exit> {
    this.processes.delete(running);
    running.kill("SIGTERM");
    return running.exited;
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.processes].map((running) => this.kill(running)));
  }
}

export interface ClusterServers {
  readonly zookeeper: OwnZooKeeperServer;
  readonly mongo: OwnMongoServer;
  stop(): Promise<void>;
}

export interface ServersOptions {
  /** The length of ZooKeeper's tick in milliseconds. Sessions last 2 to 20 ticks. */
  readonly tick?: number;
  readonly version?: ZooKeeperVersion;
}

/** Starts the two servers of a cluster, or tells what is missing. */
export async function startClusterServers(options: ServersOptions = {}): Promise<ClusterServers | { readonly missing: string }> {
  const program = await findMongoProgram();
  if ("missing" in program) return program;
  const directory = await makeServerDirectory();
  const zookeeper = await startZooKeeper({ directory: join(directory, "zookeeper"), ...options });
  if ("missing" in zookeeper) return zookeeper;
  const mongo = await program.start({ directory: join(directory, "mongo") });
  return {
    zookeeper,
    mongo,
    async stop() {
      await Promise.all([zookeeper.stop(), mongo.stop()]);
    },
  };
}

export async function createZnode(hosts: string, path: string, content = ""): Promise<void> {
  const connection = await Connection.open({ hosts, sessionTimeout: 10_000, startTimeout: 30_000, log: silent });
  await connection.run((session) => session.commit([create(path, Buffer.from(content))])).finally(() => connection.close());
}

let clusters = 0;

/** Opens a cluster on these servers with a root and a database of its own. Its processes end with the test. */
export async function openCluster(
  t: Pick<TestContext, "after">,
  { zookeeper, mongo }: ClusterServers,
  options: Pick<ClusterOptions, "args" | "environment">,
): Promise<Cluster> {
  const name = `cluster${++clusters}`;
  await createZnode(zookeeper.hosts, `/${name}`);
  const cluster = new Cluster({ zookeeper: `${zookeeper.hosts}/${name}`, mongodb: `${mongo.uri}${name}`, ...options });
  t.after(() => cluster.killAll());
  return cluster;
}

/** Reads the reasons why a process should get no requests now. */
export async function readReasons({ url }: Pick<ClusterProcess, "url">): Promise<readonly string[]> {
  const response = await fetch(`${url}/readyz`);
  return ((await response.json()) as { readonly reasons: readonly string[] }).reasons;
}

export interface NodesAnswer {
  readonly nodes: readonly {
    readonly id: string;
    readonly host: string;
    readonly threads: number;
    readonly running: number;
    readonly done: number;
    readonly failed: number;
    readonly since: string;
  }[];
  readonly subtasks: { readonly unowned: number; readonly owned: number; readonly failed: number };
}

export async function readNodes(url: string): Promise<NodesAnswer> {
  return (await fetch(`${url}/nodes`)).json();
}
