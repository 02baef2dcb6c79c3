/** Opens a ZooKeeper server: the one that ZOOKEEPER_HOSTS names, else one from Java libraries. */
import { mkdir } from "node:fs/promises";
import process from "node:process";
import { findJavaServers } from "./java-servers.ts";
import type { ServerProcess } from "./server-process.ts";

export type ZooKeeperVersion = "3.4.14" | "3.9.4";

export interface ZooKeeperServer {
  /** Which one it is, for people. */
  readonly name: string;
  /** `HOST:PORT`, or several separated by commas. */
  readonly hosts: string;
  stop(): Promise<void>;
}

/** A server that we started, so that tests may kill it. */
export interface OwnZooKeeperServer extends ZooKeeperServer {
  readonly port: number;
  signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  /** Starts it again with the same port and files, after it ended. */
  restart(): Promise<void>;
}

export interface ZooKeeperStart {
  readonly directory: string;
  readonly port?: number;
  /** The address to listen on; by default one that only this machine can reach. */
  readonly host?: string;
  /** Milliseconds; sessions end after 2 to 20 of them. */
  readonly tick?: number;
  /** The present version by default; the other one is that of the prototype's time. */
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
