import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { BoundedTable, type BoundedTableOptions } from "../../../storage/embedded/bounded-table.ts";
import { type Environment, openEnvironment } from "../../../storage/embedded/environment.ts";
import { makeTemporaryDirectory } from "../temporary-directory.ts";

const minute = 60_000;
const onUnwritten = (error: unknown) => assert.fail(`a use could not be written: ${error}`);

const getBody = async (from: BoundedTable, key: string) => (await from.get([key])).get(key)?.bytes;

async function insert(into: BoundedTable, key: string, body: Uint8Array) {
  const [outcome] = await into.insert([{ key, body }]);
  if (typeof outcome === "string") return outcome;
  throw outcome;
}

async function openTable(t: TestContext, options: Partial<BoundedTableOptions> = {}) {
  const environment = await openEnvironment({ directory: join(await makeTemporaryDirectory(t), "table") });
  t.after(() => environment.close());
  let writes = 0;
  const counting: Environment = {
    ...environment,
    transact(action) {
      writes++;
      return environment.transact(action);
    },
  };
  const time = { now: 1_700_000_000_000 };
  const table = new BoundedTable(counting, {
    name: "bodies",
    limit: 1e6,
    now: () => time.now,
    isPinned: () => false,
    onUnwritten,
    ...options,
  });
  return { table, time, environment, writes: () => writes };
}

test("BoundedTable writes a use at most once an hour, and only by reading", async (t) => {
  const { table, time, writes } = await openTable(t);
  await insert(table, "a", new Uint8Array(10));
  assert.equal(writes(), 1);
  for (let minutes = 0; minutes < 59; minutes++) {
    time.now += minute;
    await getBody(table, "a");
    await table.find(["a", "b"]);
  }
  assert.equal(writes(), 1);
  time.now += 2 * minute;
  await getBody(table, "a");
  assert.equal(writes(), 2);
  await table.find(["a"]);
  assert.equal(writes(), 2);
});

test("BoundedTable evicts by use within the hour too, and remembers hourly uses when it is opened again", async (t) => {
  const { table, time, environment } = await openTable(t, { limit: 30 });
  for (const key of ["a", "b", "c"]) await insert(table, key, new Uint8Array(10));
  await getBody(table, "a");
  await insert(table, "d", new Uint8Array(10));
  assert.deepEqual([...(await table.find(["a", "b", "c", "d"])).keys()], ["a", "c", "d"]);
  time.now += 61 * minute;
  await table.find(["a"]);
  const again = new BoundedTable(environment, {
    name: "bodies",
    limit: 30,
    now: () => time.now,
    isPinned: () => false,
    onUnwritten,
  });
  await insert(again, "e", new Uint8Array(20));
  assert.deepEqual([...(await again.find(["a", "c", "d", "e"])).keys()], ["a", "e"]);
});

test("BoundedTable: a clock that goes back does not make new bodies old", async (t) => {
  const { table, time } = await openTable(t, { limit: 20 });
  await insert(table, "a", new Uint8Array(10));
  time.now -= 1e9;
  await insert(table, "b", new Uint8Array(10));
  await insert(table, "c", new Uint8Array(10));
  assert.deepEqual([...(await table.find(["a", "b", "c"])).keys()], ["b", "c"]);
});

test("BoundedTable.replace keeps the last body and counts it once", async (t) => {
  const { table } = await openTable(t);
  await table.replace({ key: "a", body: new Uint8Array(10) });
  await table.replace({ key: "a", body: new Uint8Array(30).fill(1) });
  await table.replace({ key: "a", body: new Uint8Array(30).fill(1) });
  assert.deepEqual(await getBody(table, "a"), new Uint8Array(30).fill(1));
  assert.deepEqual(table.usage(), { bodies: 1, bytes: 30, limit: 1e6 });
});

test("BoundedTable refuses a key longer than LMDB takes", async (t) => {
  const { table } = await openTable(t);
  await assert.rejects(insert(table, "é".repeat(1000), new Uint8Array(1)), {
    code: "too-large",
    message: /key of 2000 bytes .* the most is 1900/,
  });
});

test("BoundedTable: bodies, uses and bytes agree after random puts, reads, drops and evictions at once", async (t) => {
  const { table, environment } = await openTable(t, { limit: 50_000 });
  const outcomes: Promise<unknown>[] = [];
  for (let step = 0; step < 2000; step++) {
    const key = `key ${(step * 7919) % 97}`;
    const size = (step * 31) % 3000;
    if (step % 11 === 0) outcomes.push(table.drop([key]));
    else if (step % 3 === 0) outcomes.push(getBody(table, key));
    else outcomes.push(insert(table, key, new Uint8Array(size)));
    if (step % 50 === 0) await Promise.all(outcomes.splice(0));
  }
  await Promise.all(outcomes);
  let bytes = 0;
  let bodies = 0;
  for (let index = 0; index < 97; index++) {
    const body = await getBody(table, `key ${index}`);
    bytes += body?.length ?? 0;
    bodies += body === undefined ? 0 : 1;
  }
  assert.deepEqual(table.usage(), { bodies, bytes, limit: 50_000 });
  assert(bytes <= 50_000 && bytes > 40_000);
  const again = new BoundedTable(environment, {
    name: "bodies",
    limit: 50_000,
    now: Date.now,
    isPinned: () => false,
    onUnwritten,
  });
  assert.deepEqual(again.usage(), { bodies, bytes, limit: 50_000 });
});
