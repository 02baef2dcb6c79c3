import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { BodyTable } from "../../../storage/mongodb/body-table.ts";
import { Connection } from "../../../storage/mongodb/connection.ts";
import { silent } from "../../runtime/silent-log.ts";
import { makeDatabase, openTestMongo } from "../test-mongo.ts";

const mongo = await openTestMongo("bodies in MongoDB");

/** Each write is carried out twice: that is what trying again after a lost answer comes to. */
class Repeating extends Connection {
  override async write<T>(action: string, call: () => Promise<T>): Promise<T> {
    await super.write(action, call);
    return super.write(action, call);
  }
}

async function openTable(t: TestContext, { isRepeating = false } = {}) {
  const options = { uri: mongo!.uri, database: makeDatabase(t, mongo!.uri), log: silent };
  const connection = isRepeating ? new Repeating(options) : new Connection(options);
  t.after(() => connection.close());
  await connection.open(async () => {});
  const clock = { now: Date.now() };
  const table = new BodyTable(connection, { name: "partials", times: { now: () => clock.now } });
  return { table, clock, countPieces: () => connection.collection("pieces").countDocuments() };
}

const getBody = async (from: BodyTable, key: string) => (await from.get([key])).get(key)?.bytes;
const large = (fill: number, size = 9_000_000) => new Uint8Array(size).fill(fill);
const piecesOfLarge = 2;

if (mongo) {
  const on = (claim: string, run: (t: TestContext) => Promise<void>) => test(`BodyTable on ${mongo.name}: ${claim}`, run);

  on("evict removes the pieces of those that go, and leaves those of one that was used since", async (t) => {
    const { table, clock, countPieces } = await openTable(t);
    for (const key of ["a", "b", "c"]) await table.insert([{ key, body: large(1) }]);
    const heads = await table.oldest(new Date(clock.now + 1), 10);
    clock.now += 7_200_000;
    await getBody(table, "b");
    await table.settled();
    const gone = await table.evict(heads);
    assert.deepEqual(gone.map(({ _id }) => _id).sort(), ["a", "c"]);
    assert.equal(await countPieces(), piecesOfLarge);
    assert.deepEqual(await getBody(table, "b"), large(1));
  });

  on("replace removes the pieces of the body before", async (t) => {
    const { table, countPieces } = await openTable(t);
    await table.replace({ key: "key", body: large(1) });
    await table.replace({ key: "key", body: large(2) });
    assert.equal(await countPieces(), piecesOfLarge);
    assert.deepEqual(await getBody(table, "key"), large(2));
    await table.replace({ key: "key", body: large(3, 10) });
    assert.equal(await countPieces(), 0);
    assert.deepEqual(await getBody(table, "key"), large(3, 10));
  });

  on("insert removes the pieces of a body whose key was taken", async (t) => {
    const { table, countPieces } = await openTable(t);
    assert.deepEqual(await table.insert([{ key: "key", body: large(1) }]), ["inserted"]);
    assert.deepEqual(
      await table.insert([
        { key: "key", body: large(1) },
        { key: "other", body: large(2) },
      ]),
      ["same", "inserted"],
    );
    assert.equal(await countPieces(), 2 * piecesOfLarge);
  });

  on("a large body whose write was repeated after a lost answer is there, with its pieces", async (t) => {
    const { table, countPieces } = await openTable(t, { isRepeating: true });
    assert.notDeepEqual(await table.insert([{ key: "inserted", body: large(1) }]), ["different"]);
    await table.replace({ key: "replaced", body: large(2) });
    await table.replace({ key: "replaced", body: large(3) });
    assert.deepEqual(await getBody(table, "inserted"), large(1));
    assert.deepEqual(await getBody(table, "replaced"), large(3));
    assert((await countPieces()) >= 2 * piecesOfLarge);
  });
}
