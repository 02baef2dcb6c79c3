/** Tests that documents which somebody else changed or added in the database harm nothing but themselves. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Collection, MongoClient, ObjectId } from "mongodb";
import { openMongoStore } from "../../../storage/mongodb/mongodb-store.ts";
import { recordingLog } from "../../runtime/silent-log.ts";
import { getPartial, getPlan, makeQuery, putPartial } from "../one-at-a-time.ts";
import { makeDatabase, openTestMongo } from "../test-mongo.ts";

const mongo = await openTestMongo("wrong documents in MongoDB");

async function openFilled(t: TestContext) {
  const database = makeDatabase(t, mongo!.uri);
  const { log, lines } = recordingLog();
  const store = await openMongoStore({ uri: mongo!.uri, database, log });
  const client = new MongoClient(mongo!.uri);
  t.after(async () => {
    await store.close();
    await client.close();
  });
  const body = new Uint8Array(100).fill(7);
  const partitions = [{ index: 0, fingerprint: "f", entries: 1, file: "a" }];
  const dataset = { name: "d", revision: 1, pattern: "/data", registered: 1, by: "host", held: true };
  const fill = async () => {
    await store.putProgram({ programKey: "p", program: {}, module: body });
    await store.putPlan({ planKey: "plan", programKey: "p", dataset: "d", partitions });
    await store.putQuery(makeQuery("q"));
    await putPartial(store, "partial", body, { node: "n" });
    await store.putResult("plan", body, { seconds: 1 });
    await store.putDataset(dataset);
  };
  await fill();
  const readAll = async () => ({
    programs: (await store.getPrograms(["p"])).size,
    plans: (await getPlan(store, "plan")) ? 1 : 0,
    hasPlan: await store.hasPlan("plan"),
    queries: (await store.getQuery("q")) ? 1 : 0,
    listed: (await store.listQueries({ limit: 2 })).length,
    partials: (await getPartial(store, "partial")) ? 1 : 0,
    found: (await store.findPartials(["partial"])).size,
    results: (await store.getResult("plan")) ? 1 : 0,
    datasets: (await store.listDatasets()).length,
  });
  type Document = { readonly _id: string };
  const collection = (name: string): Collection<Document> => client.db(database).collection<Document>(name);
  return { store, lines, fill, readAll, collection };
}

const bodies = ["programs", "plans", "queries", "partials", "results"] as const;
const whole = { programs: 1, plans: 1, hasPlan: true, queries: 1, listed: 1, partials: 1, found: 1, results: 1, datasets: 1 };

if (mongo) {
  const on = (claim: string, run: (t: TestContext) => Promise<void>) => test(`MongoDB store on ${mongo.name}: ${claim}`, run);

  for (const [field, value] of [
    ["body", []],
    ["body", "text"],
    ["digest", null],
    ["size", "x"],
    ["size", -1],
    ["used", "x"],
    ["note", "{"],
    ["note", "5"],
    ["split", { set: 1, count: 1e9 }],
  ] as const) {
    on(`${field} = ${JSON.stringify(value)} in a document costs that document alone, and what is put again is there`, async (t) => {
      const { fill, readAll, collection } = await openFilled(t);
      assert.deepEqual(await readAll(), whole);
      for (const name of bodies) {
        await collection(name).updateOne({}, { $set: { [field]: value } });
        const read = await readAll();
        for (const other of bodies) if (other !== name) assert.equal(read[other], 1, `${other}, with a wrong document in ${name}`);
        await fill();
        assert.deepEqual(await readAll(), whole, name);
      }
    });
  }

  on("a list of queries leaves out what is no query, says so once, and has the others whole, a page at a time", async (t) => {
    const { store, collection, lines } = await openFilled(t);
    for (let index = 0; index < 6; index++) await store.putQuery(makeQuery(`q${index}`, { created: 100 + index }));
    await collection("queries").updateOne({ _id: "q5" }, { $set: { planKey: 5 } });
    await collection("queries").updateOne({ _id: "q4" }, { $set: { used: "x" } });
    await collection("queries").updateOne({ _id: "q1" }, { $set: { created: "x" } });
    await collection("queries").insertOne({ _id: new ObjectId() as unknown as string });
    for (let times = 0; times < 2; times++) {
      const first = await store.listQueries({ limit: 2 });
      assert.deepEqual(
        first.map(({ id }) => id),
        ["q3", "q2"],
      );
      const rest = await store.listQueries({ limit: 2, before: first[1]! });
      assert.deepEqual(
        rest.map(({ id }) => id),
        ["q0", "q"],
      );
    }
    const told = lines.filter(({ message }) => message.includes("is no query"));
    assert.equal(new Set(told.map(({ fields }) => String(fields.key))).size, told.length);
    assert(told.length >= 2);
  });

  on("a wrong dataset is left out and named, and registering its name anew mends it", async (t) => {
    const { store, collection, fill, lines } = await openFilled(t);
    await store.putDataset({ name: "e", revision: 1, pattern: "/e", registered: 1, by: "host", held: true });
    for (const change of [{ pattern: { x: 1 } }, { revision: "x" }, { registered: 5 }]) {
      await collection("datasets").updateOne({ _id: "d" }, { $set: change });
      assert.deepEqual(
        (await store.listDatasets()).map(({ name }) => name),
        ["e"],
      );
      await fill();
      assert.deepEqual(
        (await store.listDatasets()).map(({ name }) => name),
        ["d", "e"],
      );
    }
    await collection("datasets").updateOne({ _id: "d" }, { $set: { content: 5 } });
    assert.equal((await store.listDatasets())[0]!.content, undefined);
    assert.equal(lines.filter(({ message, fields }) => message.includes("is no dataset") && fields.key === "d").length, 1);
  });
}
