/** Shared by the tests of the coordinator on ZooKeeper: one server per file, one root per test. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { after } from "node:test";
import { Combiner } from "../../../coordination/zookeeper/protocol/combine.ts";
import { Connection, type ConnectionOptions } from "../../../coordination/zookeeper/protocol/connection.ts";
import type { Session } from "../../../coordination/zookeeper/protocol/session.ts";
import type { Layout } from "../../../coordination/zookeeper/znodes/layout.ts";
import type { ZooKeeper } from "../../../coordination/zookeeper/zookeeper.ts";
import { requireServer } from "../../servers/require-server.ts";
import { startTcpProxy, type TcpProxy } from "../../servers/tcp-proxy.ts";
import { type OwnZooKeeperServer, startZooKeeper, type ZooKeeperVersion } from "../../servers/zookeeper-server.ts";

/** Milliseconds. Sessions last from 2 to 20 of them. */
export const tick = 250;

/** The longest that the servers allow: on a busy machine they may be silent for seconds. */
export const sessionTimeout = 20 * tick;

/** All of a file's servers before its first test: hooks after all tests run as soon as those declared so far have ended. */
export function findServers(suite: string, versions: readonly ZooKeeperVersion[]): Promise<readonly (OwnZooKeeperServer | undefined)[]> {
  return Promise.all(versions.map((version) => findServer(`${suite} ${version}`, version)));
}

export async function findServer(suite: string, version?: ZooKeeperVersion): Promise<OwnZooKeeperServer | undefined> {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-zookeeper-"));
  const server = requireServer(suite, await startZooKeeper({ directory, tick, ...(version && { version }) }));
  after(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });
  return server;
}

const ignore = () => {};
export const silent = { info: ignore, warn: ignore, error: ignore };

export async function openConnection(t: TestContext, hosts: string, options: Partial<ConnectionOptions> = {}): Promise<Connection> {
  const connection = await Connection.open({ hosts, sessionTimeout, startTimeout: 20_000, log: silent, ...options });
  t.after(() => connection.close());
  return connection;
}

/** Makes what the parts of a coordinator share, without a coordinator. */
export function makeZooKeeper({ session, lost }: Connection, layout: Layout, rest: Partial<ZooKeeper> = {}): ZooKeeper {
  const onError = (error: unknown) => assert.fail(String(error));
  return { session, layout, lost, onError, log: silent, combiner: new Combiner(session), followed: new Set(), locks: new Map(), ...rest };
}

export async function openProxy(t: TestContext, port: number): Promise<TcpProxy> {
  const proxy = await startTcpProxy(port);
  t.after(() => proxy.stop());
  return proxy;
}

/** Asks the server about itself, with `srvr` or `mntr`. */
export async function askServer(port: number, word: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.end(word);
  let said = "";
  for await (const chunk of socket.setEncoding("utf8")) said += chunk;
  return said;
}

/** All paths below one, without it. */
export async function listBelow(session: Session, path: string): Promise<readonly string[]> {
  const { children = [] } = (await session.list(path)) ?? {};
  const below = async (child: string) => [child, ...(await listBelow(session, child))];
  return (await Promise.all(children.map((name) => below(`${path}/${name}`)))).flat();
}
