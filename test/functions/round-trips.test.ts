/** Counts the requests to the store for a repeated query of 1,000 partitions that was answered before, here or by another dispatcher. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createCoordinator } from "../../coordination/embedded/coordinator.ts";
import { createMemoryJournal } from "../../coordination/embedded/journal.ts";
import { openStore } from "../../storage/embedded/embedded-store.ts";
import { openMongoStore } from "../../storage/mongodb/mongodb-store.ts";
import type { Store } from "../../storage/store.ts";
import { silent } from "../runtime/silent-log.ts";
import { makeTemporaryDirectory } from "../storage/temporary-directory.ts";
import { makeDatabase, openTestMongo } from "../storage/test-mongo.ts";
import { countCalls } from "../support/count-calls.ts";
import { countCommands } from "../support/count-commands.ts";
import { openApp } from "../support/open-app.ts";
import { makeEvents, writeEvents } from "../support/write-events.ts";

const partitions = 1_000;
const mostRoundTrips = 4;
const mongo = await openTestMongo("round trips to MongoDB");
const query = { dataset: "many", histograms: { h: { axes: [{ type: "regular", bins: 8, lower: 0, upper: 200, value: "MET.pt" }] } } };

/** Asks one app, the same app again, and one that never saw the query. */
async function askThrice(t: TestContext, store: Store, take: () => readonly string[]) {
  const path = join(await makeTemporaryDirectory(t), "many.parquet");
  await writeEvents(path, makeEvents(partitions), 1);
  const coordinator = await createCoordinator({ journal: createMemoryJournal(), log: silent });
  t.after(() => coordinator.close());
  const shared = { store, coordinator, extraData: [`many=${path}`] };
  const [asked, other] = [await openApp(t, shared), await openApp(t, shared)];
  const answer = await asked.ask(query);
  assert.deepEqual([answer.state, answer.partitions.done], ["done", partitions]);
  const trips: (readonly string[])[] = [];
  for (const app of [asked, other]) {
    // Reads its files first, and the times of last use are written.
    await app.request("/datasets/many");
    take();
    const again = await app.ask(query);
    trips.push(take());
    assert.deepEqual(again.submission, { total: partitions, stored: partitions, joined: 0, queued: 0 });
    assert.deepEqual(again.histograms, answer.histograms);
    assert.equal(again.id, answer.id);
  }
  assert.equal(asked.computed.length + other.computed.length, partitions);
  return trips;
}

test("a stored repeat of 1,000 partitions takes at most 4 calls of the embedded store, at any dispatcher", async (t) => {
  const store = await openStore({ directory: join(await makeTemporaryDirectory(t), "store") });
  const counter = countCalls(store);
  const trips = await askThrice(t, counter.store, counter.take);
  await store.close();
  for (const calls of trips) {
    t.diagnostic(calls.join(", "));
    assert(calls.length > 0 && calls.length <= mostRoundTrips, calls.slice(0, 20).join(", "));
  }
});

if (mongo) {
  test(`a stored repeat of 1,000 partitions takes at most 4 round trips to MongoDB (${mongo.name}), at any dispatcher`, async (t) => {
    const counter = await countCommands(mongo.uri);
    t.after(() => counter.stop());
    const store = await openMongoStore({ uri: counter.uri, database: makeDatabase(t, mongo.uri), log: silent });
    t.after(() => store.close());
    const trips = await askThrice(t, store, counter.take);
    for (const commands of trips) {
      t.diagnostic(commands.slice(0, 20).join(", "));
      assert(commands.length > 0 && commands.length <= mostRoundTrips, commands.slice(0, 20).join(", "));
    }
  });
}
