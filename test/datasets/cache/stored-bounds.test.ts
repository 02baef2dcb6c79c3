import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { knowLoadedBounds, LoadedBounds } from "../../../datasets/cache/loaded-bounds.ts";
import { StoredBounds } from "../../../datasets/cache/stored-bounds.ts";
import type { MetadataStore } from "../../../datasets/catalogue/metadata-store.ts";
import type { Catalogue, Partition } from "../../../datasets/dataset.ts";
import { openStore } from "../../../storage/embedded/embedded-store.ts";
import { silent } from "../../runtime/silent-log.ts";
import { makeTemporaryDirectory } from "../../storage/temporary-directory.ts";

/** A store, and what was asked of it: the number of keys in each call. */
async function openCounted(t: TestContext) {
  const store = await openStore({ directory: await makeTemporaryDirectory(t) });
  t.after(() => store.close());
  const calls: { asked: number[]; put: number[] } = { asked: [], put: [] };
  const keys = new Set<string>();
  const counted: MetadataStore = {
    getMetadata(some) {
      calls.asked.push(some.length);
      return store.getMetadata(some);
    },
    putMetadata(entries, options) {
      calls.put.push(entries.length);
      for (const { key } of entries) keys.add(key);
      return store.putMetadata(entries, options);
    },
  };
  return { store, counted, calls, keys };
}

const one = { low: -1.5, high: 2 ** 60, nan: false, missing: true };
const odd = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, nan: true, missing: false };
const none = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY, nan: true, missing: false };

test("StoredBounds gives back what was noted, whatever numbers it has, and nothing of other columns and partitions", async (t) => {
  const { counted } = await openCounted(t);
  const stored = new StoredBounds(counted, silent);
  const noted = new Map(Object.entries({ one, odd, none, "a b": one }));
  for (const [column, bounds] of noted) stored.note("f", column, bounds);
  await stored.close();
  const other = new StoredBounds(counted, silent);
  assert.deepEqual(await other.recall("f", [...noted.keys(), "absent"]), noted);
  assert.deepEqual(await other.recall("g", [...noted.keys()]), new Map());
});

test("StoredBounds writes many together, and no more than a bounded number", async (t) => {
  const { counted, calls } = await openCounted(t);
  const stored = new StoredBounds(counted, silent);
  for (let partition = 0; partition < 20_100; partition++) stored.note(`${partition}`, "x", one);
  await stored.close();
  assert.deepEqual(calls.put, Array(40).fill(500));
  assert.deepEqual(await stored.recall("19999", ["x"]), new Map([["x", one]]));
  assert.deepEqual(await stored.recall("20000", ["x"]), new Map());
});

test("StoredBounds takes no damaged entry", async (t) => {
  const { store, counted, keys } = await openCounted(t);
  const stored = new StoredBounds(counted, silent);
  stored.note("f", "x", one);
  await stored.close();
  const [key] = keys;
  const body = (await store.getMetadata([key!])).get(key!)!;
  for (const damaged of [
    ...[...body.keys()].map((at) => body.map((byte, index) => (index === at ? byte ^ 1 : byte))),
    ...[...body.keys()].map((length) => body.slice(0, length)),
  ]) {
    await store.putMetadata([{ key: key!, body: damaged }], { replaces: true });
    assert.deepEqual(await stored.recall("f", ["x"]), new Map());
  }
  await store.putMetadata([{ key: key!, body }], { replaces: true });
  assert.deepEqual(await stored.recall("f", ["x"]), new Map([["x", one]]));
});

test("StoredBounds tells nothing and rejects nothing while the store fails", async () => {
  let calls = 0;
  const fail = async () => {
    calls++;
    throw new Error("no store");
  };
  const stored = new StoredBounds({ getMetadata: fail, putMetadata: fail }, silent);
  stored.note("f", "x", one);
  assert.deepEqual(await stored.recall("f", ["x"]), new Map());
  assert.deepEqual(await stored.recall("g", ["x"]), new Map());
  await stored.close();
  assert.equal(calls, 1);
});

test("LoadedBounds asks the store once for each column that the file does not tell of, and stores only what is noted of such partitions", async (t) => {
  const { counted, calls } = await openCounted(t);
  const stored = new StoredBounds(counted, silent);
  const loaded = new LoadedBounds(stored);
  const told = new Map([["told", odd]]);
  const files = { bounds: async () => ({ column: (name: string) => told.get(name) }) } as unknown as Catalogue;
  const { bounds } = knowLoadedBounds(files, loaded);
  const partition = (fingerprint: string) => ({ fingerprint }) as Partition;
  assert.deepEqual((await bounds("d", partition("f"), ["told"])).column("told"), odd);
  assert.deepEqual(calls.asked, []);
  for (let time = 0; time < 2; time++) assert.equal((await bounds("d", partition("g"), ["told", "x", "y"])).column("x"), undefined);
  assert.deepEqual(calls.asked, [2]);
  loaded.note("f", "told", one);
  loaded.note("g", "x", one);
  loaded.note("g", "x", one);
  await stored.close();
  assert.deepEqual(calls.put, [1]);
  const later = knowLoadedBounds(files, new LoadedBounds(new StoredBounds(counted, silent)));
  assert.deepEqual((await later.bounds("d", partition("g"), ["told", "x"])).column("x"), one);
});
