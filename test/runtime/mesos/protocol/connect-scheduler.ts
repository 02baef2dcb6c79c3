/** A scheduler's connection for tests, and masters that answer as a test wants; both end with the test. */
import assert from "node:assert/strict";
import { afterEach } from "node:test";
import { listedMasters } from "../../../../runtime/mesos/leader/listed-masters.ts";
import type { Disconnected, MesosError, SchedulerConnection } from "../../../../runtime/mesos/protocol/connection.ts";
import type { SchedulerEvent } from "../../../../runtime/mesos/protocol/events.ts";
import { openSchedulerConnection, type SchedulerConnectionOptions } from "../../../../runtime/mesos/protocol/scheduler-connection.ts";
import { silent } from "../../silent-log.ts";
import { type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

export type Answer = Parameters<typeof startScriptedServer>[0];

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

export async function serve(answer: Answer): Promise<ScriptedServer> {
  const server = await startScriptedServer(answer);
  endings.push(() => server.stop());
  return server;
}

export function connect(urls: readonly string[], options: Partial<SchedulerConnectionOptions> = {}): SchedulerConnection {
  const connection = openSchedulerConnection({
    leaders: listedMasters(urls.map((url) => new URL(url))),
    framework: { user: "", name: "test", failoverTimeout: 60, checkpoint: false, roles: ["*"], capabilities: ["MULTI_ROLE"] },
    log: silent,
    backoff: { first: 5, longest: 20 },
    ...options,
  });
  endings.push(() => connection.close());
  return connection;
}

type Told = SchedulerEvent | Disconnected;

/** The kinds of events until one of these comes. */
export async function until(connection: SchedulerConnection, last: (event: Told) => boolean): Promise<readonly string[]> {
  const kinds: string[] = [];
  for await (const event of connection.events) {
    kinds.push(event.kind);
    if (last(event)) break;
  }
  return kinds;
}

export const endOf = async (connection: SchedulerConnection): Promise<MesosError> =>
  until(connection, () => false).then(
    () => assert.fail("it ended without an error"),
    (error) => error,
  );

export const types = ({ asked }: ScriptedServer) => asked.map(({ type }) => type);
