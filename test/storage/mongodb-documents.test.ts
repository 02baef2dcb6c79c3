/** Tests what the store's documents contain, when they are written, and what several processes on one database may expect. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type IndexDescriptionInfo, MongoClient } from "mongodb";
import { collectionNames } from "../../storage/mongodb/indexes.ts";
import { startTcpProxy } from "../servers/tcp-proxy.ts";
import { until } from "../support/until.ts";
import { getPartial, getPlan, makeQuery, putPartial } from "./one-at-a-time.ts";
import { makeDatabase, openForTest, openTestMongo } from "./test-mongo.ts";

const mongo = await openTestMongo("documents of the MongoDB store");
const hour = 3_600_000;
const day = 24 * hour;

if (mongo) {
  const { uri, name } = mongo;
  const claim = (text: string) => `MongoDB store on ${name}: ${text}`;
  const look = (t: { after(end: () => Promise<void>): void }, database: string) => {
    const client = new MongoClient(uri);
    t.after(() => client.close());
    return client.db(database);
  };
  const body = (size: number, fill = 1) => new Uint8Array(size).fill(fill);

  test(
    claim("every document but a registered dataset has a time when it expires, and an index by which the server may remove it"),
    async (t) => {
      const database = makeDatabase(t, uri);
      const start = Date.now();
      const { store } = await openForTest(t, { uri, database, keep: 14 * day, now: () => start });
      // Opening it once more changes nothing.
      await openForTest(t, { uri, database, keep: 7 * day });
      await store.putProgram({ programKey: "p", program: {}, module: body(10) });
      const partitions = Array.from({ length: 4100 }, (_, index) => ({ index, fingerprint: `f${index}`, entries: 1, file: "a" }));
      await store.putPlan({ planKey: "plan", programKey: "p", dataset: "d", partitions });
      await store.putQuery(makeQuery("q", { created: start }));
      await putPartial(store, "small", body(10));
      await putPartial(store, "large", body(9_000_000));
      await store.putResult("plan", body(10));
      await store.putMetadata([{ key: "file", body: body(10) }]);
      await store.putDataset({ name: "d", revision: 1, pattern: "/data/*.parquet", registered: start, by: "host", held: true });
      const inDatabase = look(t, database);
      const [dataset] = await inDatabase.collection("datasets").find().toArray();
      assert(dataset !== undefined && !("expires" in dataset));
      for (const collection of collectionNames.filter((each) => each !== "datasets")) {
        const indexes: readonly IndexDescriptionInfo[] = await inDatabase.collection(collection).indexes();
        const expiring = indexes.filter(({ expireAfterSeconds }) => expireAfterSeconds !== undefined);
        assert.deepEqual(
          expiring.map(({ key, expireAfterSeconds }) => [key, expireAfterSeconds]),
          [[{ expires: 1 }, 0]],
          collection,
        );
        const documents = await inDatabase
          .collection(collection)
          .find({}, { projection: { used: 1, expires: 1 } })
          .toArray();
        assert(documents.length > 0, collection);
        for (const { used, expires } of documents) {
          assert.deepEqual([used, expires], [new Date(start), new Date(start + 14 * day)], collection);
        }
      }
    },
  );

  test(claim("a server that honours the index removes what expired, by itself"), async (t) => {
    if (/stand-in|MONGODB_URI/.test(name)) return t.skip(`${name} keeps documents that expired, or must not be hurried`);
    const database = makeDatabase(t, uri);
    await look(t, "admin").command({ setParameter: 1, ttlMonitorSleepSecs: 1 });
    const { store } = await openForTest(t, { uri, database, keep: 1 });
    await putPartial(store, "short", body(10));
    const inDatabase = look(t, database);
    await until(async () => (await inDatabase.collection("partials").countDocuments()) === 0, "the server to remove it");
  });

  test(claim("times of last use are written at most once an hour, and four times in a shorter retention"), async (t) => {
    for (const [keep, interval] of [
      [14 * day, hour],
      [2 * hour, hour / 2],
    ] as const) {
      const database = makeDatabase(t, uri);
      const start = Date.now();
      let now = start;
      const { store } = await openForTest(t, { uri, database, keep, now: () => now });
      await putPartial(store, "key", body(10));
      const use = async (at: number) => {
        now = at;
        await getPartial(store, "key");
        await store.findPartials(["key"]);
        // This writes the pending times of use; nothing is old enough to be removed.
        await store.removeUnused();
        const found = await look(t, database).collection("partials").findOne();
        return found?.used.getTime() - start;
      };
      assert.equal(await use(start + interval - 1), 0);
      assert.equal(await use(start + interval), interval);
      assert.equal(await use(start + 2 * interval - 1), interval);
      assert.equal(await use(start + 2 * interval), 2 * interval);
    }
  });

  test(claim("looking for partials, listing, counting and sweeping drag no bodies along"), async (t) => {
    const database = makeDatabase(t, uri);
    const { store: writer } = await openForTest(t, { uri, database });
    const keys = Array.from({ length: 400 }, (_, index) => `key ${index}`);
    await Promise.all(keys.map((key) => putPartial(writer, key, body(50_000))));
    await writer.putResult("plan", body(2_000_000));
    await writer.putQuery(makeQuery("q"));
    const { hostname, port } = new URL(uri);
    if (hostname !== "127.0.0.1") return t.skip("the bytes are counted on the way to a server of this machine");
    const proxy = await startTcpProxy(Number(port));
    t.after(() => proxy.stop());
    const { store } = await openForTest(t, { uri: `mongodb://${proxy.address}/`, database, keep: day });
    assert.equal((await store.findPartials(keys)).size, 400);
    assert.equal((await store.listQueries({ limit: 10 }))[0]?.resultBytes, 2_000_000);
    assert.equal((await store.usage()).bytes, 22_000_000);
    assert.equal(await store.removeUnused(), 0);
    assert.equal(await putPartial(store, "key 1", body(50_000)), "same");
    const taken = proxy.carried;
    assert(taken < 200_000, `${taken} bytes came`);
    await getPartial(store, "key 1");
    assert(proxy.carried >= taken + 50_000);
  });

  test(claim("two processes share what either stores, and insert each key once"), async (t) => {
    const database = makeDatabase(t, uri);
    const [first, second] = await Promise.all([openForTest(t, { uri, database }), openForTest(t, { uri, database })]);
    const keys = Array.from({ length: 200 }, (_, index) => `key ${index}`);
    const outcomes = await Promise.all(
      keys.flatMap((key) => [putPartial(first.store, key, body(1000)), putPartial(second.store, key, body(1000))]),
    );
    for (const expected of ["inserted", "same"]) assert.equal(outcomes.filter((outcome) => outcome === expected).length, 200);
    assert.equal(await putPartial(second.store, "key 0", body(1000, 2)), "different");
    assert.equal((await second.store.findPartials(keys)).size, 200);
    const { store: third } = await openForTest(t, { uri, database });
    assert.equal((await third.usage()).bytes, 200_000);
  });

  test(claim("two processes keep the bound together, to what they write between two counts"), async (t) => {
    const database = makeDatabase(t, uri);
    let now = Date.now();
    const options = { uri, database, limit: 20_000, now: () => now };
    const [first, second] = await Promise.all([openForTest(t, options), openForTest(t, options)]);
    for (let index = 0; index < 60; index++) {
      now += 20 * 60_000;
      const { store } = index % 2 === 0 ? first : second;
      await putPartial(store, `key ${index}`, body(1000));
    }
    for (const { store } of [first, second]) {
      assert.equal((await store.usage()).bytes, 20_000);
      assert.deepEqual([...(await store.findPartials(["key 39", "key 40", "key 59"]))].sort(), ["key 40", "key 59"]);
    }
  });

  test(claim("a plan of 100,000 partitions fits, in documents of less than a megabyte"), async (t) => {
    const database = makeDatabase(t, uri);
    const { store } = await openForTest(t, { uri, database });
    const fingerprint = "0123456789abcdef".repeat(4);
    const partitions = Array.from({ length: 100_000 }, (_, index) => ({
      index,
      fingerprint,
      entries: 1000,
      file: "Run2012B_SingleMu.parquet",
    }));
    const plan = { planKey: "plan", programKey: "p", dataset: "d", partitions };
    await store.putPlan(plan);
    assert.deepEqual(await getPlan(store, "plan"), plan);
    const heads = await look(t, database)
      .collection("plan_pieces")
      .find({}, { projection: { size: 1 } })
      .toArray();
    assert.equal(heads.length, 49);
    for (const { size } of heads) assert(size < 1e6);
  });

  test(claim("a plan that lost a piece is not there"), async (t) => {
    const database = makeDatabase(t, uri);
    const { store } = await openForTest(t, { uri, database });
    const partitions = Array.from({ length: 4100 }, (_, index) => ({ index, fingerprint: `f${index}`, entries: 1, file: "a" }));
    await store.putPlan({ planKey: "plan", programKey: "p", dataset: "d", partitions });
    await look(t, database).collection<{ _id: string }>("plan_pieces").deleteOne({ _id: "1:plan" });
    assert.equal(await getPlan(store, "plan"), undefined);
  });
}
