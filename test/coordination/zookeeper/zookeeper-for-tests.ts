/** What the tests of the coordinator on ZooKeeper share: one server a file, a root a test. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { after } from "node:test";
import { Connection, type ConnectionOptions } from "../../../coordination/zookeeper/connection.ts";
import { requireServer } from "../../servers/require-server.ts";
import { startTcpProxy, type TcpProxy } from "../../servers/tcp-proxy.ts";
import { type OwnZooKeeperServer, startZooKeeper } from "../../servers/zookeeper-server.ts";

/** Milliseconds. Sessions last from 2 to 20 of them. */
export const tick = 100;

export async function findServer(suite: string): Promise<OwnZooKeeperServer | undefined> {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-zookeeper-"));
  const server = requireServer(suite, await startZooKeeper({ directory, tick }));
  after(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });
  return server;
}

const ignore = () => {};
export const silent = { info: ignore, warn: ignore, error: ignore };

export async function openConnection(t: TestContext, hosts: string, options: Partial<ConnectionOptions> = {}): Promise<Connection> {
  const connection = await Connection.open({ hosts, sessionTimeout: 1000, startTimeout: 5000, log: silent, ...options });
  t.after(() => connection.close());
  return connection;
}

export async function openProxy(t: TestContext, port: number): Promise<TcpProxy> {
  const proxy = await startTcpProxy(port);
  t.after(() => proxy.stop());
  return proxy;
}
