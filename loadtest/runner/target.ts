/** The target is the server under load: one that runs already, one that is started here, or a whole cluster on this machine. */

import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Role } from "../../functions/roles.ts";
import { startServerProcess, temporaryDirectory } from "../../test/runtime/server-process.ts";
import { Cluster, createZnode, startClusterServers } from "../../test/support/cluster.ts";
import type { TargetChoice } from "./arguments.ts";
import { LoadError } from "./load-error.ts";
import type { Measured } from "./measure/read-metrics.ts";

export interface Target {
  /** A description for people. */
  readonly name: string;
  /** The addresses that queries go to; several dispatchers share them. */
  readonly urls: readonly string[];
  /** The processes that were started here, whose memory can be read. */
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
  /** The processes whose metrics can be read. */
  readonly measured: readonly Measured[];
  /** The addresses of the servers that a cluster started here uses. */
  readonly servers?: { readonly zookeeper: string; readonly mongodb: string };
  /** The folder of an embedded store that was started here. */
  readonly state?: string;
  stop(): Promise<void>;
}

export interface TargetOptions {
  /** The glob pattern of the demo's files. */
  readonly files: string;
  readonly onStep: (step: string) => void;
}

/** Resolves when the target is ready and has the demo dataset. Throws `LoadError` if this takes too long. */
export async function startTarget(choice: TargetChoice, options: TargetOptions): Promise<Target> {
  const target = await start(choice, options);
  try {
    const patience = choice.kind === "url" ? longestSilence : longestStart;
    for (const url of target.urls) await ready(url, patience);
    return target;
  } catch (error) {
    await target.stop();
    throw error;
  }
}

async function start(choice: TargetChoice, { files, onStep }: TargetOptions): Promise<Target> {
  switch (choice.kind) {
    case "url":
      return {
        name: choice.url,
        urls: [choice.url],
        processes: [],
        measured: [{ name: "server", url: choice.url }],
        stop: async () => undefined,
      };
    case "embedded": {
      onStep("starting a server");
      const state = await temporaryDirectory();
      const server = await startServerProcess([...common(files), "--state", join(state.path, "state")]);
      return {
        name: "one process, embedded store and queue",
        urls: [server.url],
        processes: [{ name: "server", pid: server.pid }],
        measured: [{ name: "server", url: server.url }],
        state: state.path,
        async stop() {
          server.kill("SIGTERM");
          await server.exited;
          await state.remove();
        },
      };
    }
    case "cluster":
      return startCluster(choice, { files, onStep });
  }
}

async function startCluster(choice: TargetChoice & { readonly kind: "cluster" }, { files, onStep }: TargetOptions): Promise<Target> {
  onStep("starting ZooKeeper and MongoDB");
  const servers = await startClusterServers({ tick: 2000 });
  if ("missing" in servers) throw new LoadError(`Cannot start a cluster: there is ${servers.missing}`);
  const states = await temporaryDirectory();
  const cluster = new Cluster({
    zookeeper: `${servers.zookeeper.hosts}/loadtest`,
    mongodb: `${servers.mongo.uri}loadtest`,
    args: common(files),
  });
  const stop = async () => {
    await Promise.all([...cluster.processes].map((each) => cluster.end(each)));
    await servers.stop();
    await states.remove();
  };
  try {
    await createZnode(servers.zookeeper.hosts, "/loadtest");
    const roles: Role[] = [...Array(choice.dispatchers).fill("dispatch"), ...Array(choice.nodes).fill("compute")];
    const threads = Math.max(1, Math.floor(availableParallelism() / choice.nodes));
    const processes: { readonly name: string; readonly pid: number; readonly url: string }[] = [];
    for (const [index, role] of roles.entries()) {
      onStep(`starting process ${index + 1} of ${roles.length}`);
      const args = ["--state", join(states.path, `${index}`), "--threads", `${threads}`];
      const { pid, url } = await cluster.start(role, { args });
      processes.push({ name: `${role} ${index}`, pid, url });
    }
    return {
      name: `cluster: ${servers.zookeeper.name}, ${servers.mongo.name}, ${choice.dispatchers} dispatchers, ${choice.nodes} nodes of ${threads} threads`,
      urls: cluster.urls,
      processes,
      measured: processes,
      servers: { zookeeper: servers.zookeeper.hosts, mongodb: cluster.mongodb },
      stop,
    };
  } catch (error) {
    await stop();
    throw new LoadError(`Cannot start a cluster: ${error instanceof Error ? error.message : error}`, 3, { cause: error });
  }
}

/** A siege tells the addresses of its parties as a proxy on this machine would. */
const common = (files: string) => ["--data", `demo=${files}`, "--log-level", "warn", "--trust-proxy", "127.0.0.1"];

/** The milliseconds within which a server that is started here, and one that should run already, must be ready. */
const longestStart = 60_000;
const longestSilence = 5_000;
const pause = 100;

async function ready(url: string, patience: number): Promise<void> {
  const end = Date.now() + patience;
  for (;;) {
    const fault = await findHindrance(url);
    if (!fault) return;
    if (Date.now() > end) throw new LoadError(`Cannot load ${url}: ${fault}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function findHindrance(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${url}/readyz`);
    if (!answer.ok) return `it is not ready: ${((await answer.json()) as { reasons?: string[] }).reasons?.join("; ")}`;
    const demo = await fetch(`${url}/datasets/demo`);
    return demo.ok ? undefined : 'it has no dataset "demo"; npm run loadtest -- prepare DIR writes its files';
  } catch (error) {
    return `it does not answer: ${error instanceof Error ? (error.cause ?? error.message) : error}`;
  }
}
