/** A ZooKeeper server: the one that ZOOKEEPER_HOSTS names, else one from Java libraries. */
import { mkdir } from "node:fs/promises";
import process from "node:process";
import { findJavaServers } from "./java-servers.ts";
import type { ServerProcess } from "./server-process.ts";

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
  /** Milliseconds; sessions end after 2 to 20 of them. */
  readonly tick?: number;
}

export async function openZooKeeper(options: ZooKeeperStart): Promise<ZooKeeperServer | { readonly missing: string }> {
  const hosts = process.env.ZOOKEEPER_HOSTS;
  return hosts ? { name: "the servers of ZOOKEEPER_HOSTS", hosts, stop: async () => undefined } : startZooKeeper(options);
}

export async function startZooKeeper(options: ZooKeeperStart): Promise<OwnZooKeeperServer | { readonly missing: string }> {
  const { directory, port = 0, tick = 500 } = options;
  const java = await findJavaServers();
  if ("missing" in java) {
    const advice = "set ZOOKEEPER_HOSTS, or install Maven and a Java development kit";
    return { missing: `no ZooKeeper server: ZOOKEEPER_HOSTS is not set, and ${java.missing}; ${advice}` };
  }
  await mkdir(directory, { recursive: true });
  const start = (at: number): Promise<ServerProcess> => java.start("ServeZooKeeper", [at, directory, tick]);
  let running = await start(port);
  const first = running.port;
  return {
    name: "ZooKeeper 3.9.4",
    hosts: `127.0.0.1:${first}`,
    port: first,
    signal: (signal) => running.signal(signal),
    stop: () => running.stop(),
    async restart() {
      await running.stop();
      running = await start(first);
    },
  };
}
