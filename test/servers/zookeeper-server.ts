/** A ZooKeeper server: the one that ZOOKEEPER_HOSTS names, else one from Java libraries. */
import { mkdir } from "node:fs/promises";
import process from "node:process";
import { findJavaServers } from "./java-servers.ts";
import type { ServerProcess } from "./server-process.ts";

export type ZooKeeperVersion = "3.4.14" | "3.9.4";

export interface ZooKeeperServer {
  /** For people: which one it is. */
  readonly name: string;
  /** `HOST:PORT`, or several separated by commas. */
  readonly hosts: string;
  stop(): Promise<void>;
}

/** One that we started, so that it may come to harm. */
export interface OwnZooKeeperServer extends ZooKeeperServer {
  readonly port: number;
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  /** After it ended: the same port and files again. */
  restart(): Promise<void>;
}

export interface ZooKeeperStart {
  readonly directory: string;
  readonly port?: number;
  /** Address to listen on: this machine alone, unless another is given. */
  readonly host?: string;
  /** Milliseconds; sessions end after 2 to 20 of them. */
  readonly tick?: number;
  /** Today's, unless the prototype's line is asked for. */
  readonly version?: ZooKeeperVersion;
}

export async function openZooKeeper(options: ZooKeeperStart): Promise<ZooKeeperServer | { readonly missing: string }> {
  const hosts = process.env.ZOOKEEPER_HOSTS;
  return hosts ? { name: "the servers of ZOOKEEPER_HOSTS", hosts, stop: async () => undefined } : startZooKeeper(options);
}

export async function startZooKeeper(options: ZooKeeperStart): Promise<OwnZooKeeperServer | { readonly missing: string }> {
  const { directory, port = 0, host = "127.0.0.1", tick = 500, version = "3.9.4" } = options;
  const java = await findJavaServers(version === "3.4.14" ? "zookeeper-3.4" : "current");
  if ("missing" in java) {
    const advice = "set ZOOKEEPER_HOSTS, or install Maven and a Java development kit";
    return { missing: `no ZooKeeper server: ZOOKEEPER_HOSTS is not set, and ${java.missing}; ${advice}` };
  }
  await mkdir(directory, { recursive: true });
  const start = (at: number): Promise<ServerProcess> => java.start("ServeZooKeeper", [at, directory, tick, host]);
  let running = await start(port);
  const first = running.port;
  return {
    name: `ZooKeeper ${version}`,
    hosts: `${host}:${first}`,
    port: first,
    signal: (signal) => running.signal(signal),
    stop: () => running.stop(),
    async restart() {
      await running.stop();
      running = await start(first);
    },
  };
}
