/**
 * Opens several dispatchers with nodes of their own in one process. They share one embedded store and queue, or MongoDB, or MongoDB and
 * ZooKeeper.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import type { Coordinator } from "../../coordination/coordinator.ts";
import { createCoordinator } from "../../coordination/embedded/coordinator.ts";
import { createMemoryJournal } from "../../coordination/embedded/journal.ts";
import { createZooKeeperCoordinator } from "../../coordination/zookeeper/coordinator.ts";
import { openStore } from "../../storage/embedded/embedded-store.ts";
import { openMongoStore } from "../../storage/mongodb/mongodb-store.ts";
import type { Store } from "../../storage/store.ts";
import { recordingLog, silent } from "../runtime/silent-log.ts";
import { openMongo } from "../servers/mongo-server.ts";
import { openZooKeeper } from "../servers/zookeeper-server.ts";
import type { Cleanup } from "./cleanup.ts";
import { openApp, type TestApp } from "./open-app.ts";
import { makeEvents, type TestEvent, writeEvents } from "./write-events.ts";

export const forms = ["embedded", "mongodb", "zookeeper"] as const;
export type Form = (typeof forms)[number];

export interface Dispatchers {
  /** A description of what they share, for people. */
  readonly name: string;
  readonly apps: readonly TestApp[];
  /** The name of a dataset of four partitions. */
  readonly dataset: string;
  readonly events: readonly TestEvent[];
  readonly partitions: number;
  /** How many second copies of subtasks that took another node very long were computed. */
  readonly copies: () => number;
}

const partitions = 4;

/** The shared parts, as one dispatcher uses them. */
interface Parts {
  readonly store: Store;
  readonly coordinator: Coordinator;
}

interface Shared {
  readonly name: string;
  readonly copies?: () => number;
  /** Opens the parts for one more dispatcher. */
  open(): Promise<Parts>;
}

export async function openDispatchers(cleanup: Cleanup, { form, count }: { readonly form: Form; readonly count: number }) {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-dispatchers-"));
  cleanup.after(() => rm(directory, { recursive: true, force: true }));
  const events = makeEvents(1000);
  const path = join(directory, "shared.parquet");
  await writeEvents(path, events, events.length / partitions);
  const shared = await share(cleanup, { form, directory });
  if ("missing" in shared) return shared;
  const apps: TestApp[] = [];
  for (let index = 0; index < count; index++)
    apps.push(await openApp(cleanup, { ...(await shared.open()), extraData: [`shared=${path}`] }));
  const { name, copies = () => 0 } = shared;
  return { name, apps, dataset: "shared", events, partitions, copies } satisfies Dispatchers;
}

async function share(
  cleanup: Cleanup,
  { form, directory }: { readonly form: Form; readonly directory: string },
): Promise<Shared | { readonly missing: string }> {
  switch (form) {
    case "embedded": {
      const store = closed(cleanup, await openStore({ directory: join(directory, "store") }));
      const coordinator = await openQueue(cleanup);
      return { name: "the embedded store", open: async () => ({ store, coordinator }) };
    }
    case "mongodb": {
      const mongo = await shareMongo(cleanup, directory);
      if ("missing" in mongo) return mongo;
      const coordinator = await openQueue(cleanup);
      return { name: mongo.name, open: async () => ({ store: await mongo.open(), coordinator }) };
    }
    case "zookeeper": {
      const mongo = await shareMongo(cleanup, directory);
      if ("missing" in mongo) return mongo;
      const server = await openZooKeeper({ directory: join(directory, "zookeeper") });
      if ("missing" in server) return server;
      cleanup.after(() => server.stop());
      const { log, lines } = recordingLog();
      const options = { hosts: server.hosts, root: `/femtoq-test-${randomUUID()}`, log };
      const openCoordinator = async () => closed(cleanup, await createZooKeeperCoordinator(options));
      return {
        name: `${mongo.name}, ${server.name}`,
        copies: () => lines.filter(({ message }) => message.includes("a second copy is computed")).length,
        open: async () => ({ store: await mongo.open(), coordinator: await openCoordinator() }),
      };
    }
  }
}

async function shareMongo(cleanup: Cleanup, directory: string) {
  const server = await openMongo({ directory: join(directory, "mongo") });
  if ("missing" in server) return server;
  const { name, uri } = server;
  const database = `femtoq-test-${randomUUID()}`;
  cleanup.after(async () => {
    const client = new MongoClient(uri);
    await client.db(database).dropDatabase();
    await client.close();
    await server.stop();
  });
  return { name, open: async () => closed(cleanup, await openMongoStore({ uri, database, log: silent })) };
}

const openQueue = async (cleanup: Cleanup): Promise<Coordinator> =>
  closed(cleanup, await createCoordinator({ journal: createMemoryJournal(), log: silent }));

function closed<Part extends { close(): Promise<void> }>(cleanup: Cleanup, part: Part): Part {
  cleanup.after(() => part.close());
  return part;
}
