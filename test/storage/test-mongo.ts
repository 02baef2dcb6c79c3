/** A server for the tests of one file, and stores in databases of their own on it. */
import { randomUUID } from "node:crypto";
import type { TestContext } from "node:test";
import { MongoClient } from "mongodb";
import { type MongoStore, type MongoStoreOptions, openMongoStore } from "../../storage/mongodb/mongodb-store.ts";
import type { StoreConditions, StoreHarness } from "../contracts/store/harness.ts";
import { type Line, recordingLog } from "../runtime/silent-log.ts";
import { openMongo } from "../servers/mongo-server.ts";
import { requireServer } from "../servers/require-server.ts";
import { makeServerDirectory } from "../servers/server-directory.ts";

export interface TestMongo {
  readonly name: string;
  readonly uri: string;
  /** An empty store in a new database, which goes with the test. */
  open(t: TestContext, conditions: StoreConditions): Promise<StoreHarness>;
}

/** Opens a MongoDB server for tests; undefined if there is none, and the suite is then skipped, or fails if servers are required. */
export async function openTestMongo(suite: string): Promise<TestMongo | undefined> {
  const server = requireServer(suite, await openMongo({ directory: await makeServerDirectory() }));
  if (!server) return undefined;
  const { name, uri } = server;
  return {
    name,
    uri,
    async open(t, conditions) {
      const database = makeDatabase(t, uri);
      const open = async () => (await openForTest(t, { uri, database, patience: 60_000, ...conditions })).store;
      const store = await open();
      return {
        store,
        /** A killed process leaves what the server has; times of last use are sent to it a moment later. */
        async crash() {
          await store.settled();
          return open();
        },
      };
    },
  };
}

/** The name of a new database; dropped when the test ends. */
export function makeDatabase(t: TestContext, uri: string): string {
  const database = `femtoq-test-${randomUUID()}`;
  t.after(async () => {
    const client = new MongoClient(uri, { serverSelectionTimeoutMS: 2000, socketTimeoutMS: 30_000 });
    await client.db(database).dropDatabase();
    await client.close();
  });
  return database;
}

/** Closed when the test ends. */
export async function openForTest(
  t: TestContext,
  options: Omit<MongoStoreOptions, "log">,
): Promise<{ readonly store: MongoStore; readonly lines: readonly Line[] }> {
  const { log, lines } = recordingLog();
  const store = await openMongoStore({ ...options, log });
  t.after(() => store.close());
  return { store, lines };
}
