/** Tests the catalogue of datasets, and the metadata of their files. */
import assert from "node:assert/strict";
import type { Registration } from "../../../base/registration.ts";
import { type Check, day, makeBody } from "./harness.ts";

const dataset: Registration = {
  name: "zmumu",
  pattern: "/data/zmumu/*.parquet",
  registered: 1_700_000_000_123,
  by: "host, process 1",
  held: true,
  revision: 1,
};

export function checkDatasets(check: Check): void {
  check("listDatasets gives what putDataset put, before and after a crash", async ({ store, crash }) => {
    const content = { files: 3, partitions: 100_000, entries: 1e10, bytes: 1e15, columns: 1600, fingerprint: "f" };
    const other: Registration = { ...dataset, name: "A.b-c_1", pattern: "/é {a,b}/**", held: false, content };
    assert.deepEqual(await store.listDatasets(), []);
    assert.equal(await store.putDataset(dataset), true);
    assert.equal(await store.putDataset(other), true);
    for (const opened of [store, await crash()]) {
      const found = await opened.listDatasets();
      assert.deepEqual(
        found.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
        [other, dataset],
      );
    }
  });

  check("putDataset and removeDataset change the revision that they know, and no other", async ({ store }) => {
    assert.equal(await store.putDataset({ ...dataset, revision: 2 }), false);
    assert.equal(await store.putDataset(dataset), true);
    assert.equal(await store.putDataset({ ...dataset, pattern: "/other" }), false);
    assert.equal(await store.putDataset({ ...dataset, revision: 3, pattern: "/other" }), false);
    assert.deepEqual(await store.listDatasets(), [dataset]);
    const next = { ...dataset, revision: 2, held: false };
    assert.equal(await store.putDataset(next), true);
    assert.deepEqual(await store.listDatasets(), [next]);
    assert.equal(await store.removeDataset("zmumu", 1), false);
    assert.equal(await store.removeDataset("other", 2), false);
    assert.deepEqual(await store.listDatasets(), [next]);
    assert.equal(await store.removeDataset("zmumu", 2), true);
    assert.equal(await store.removeDataset("zmumu", 2), false);
    assert.deepEqual(await store.listDatasets(), []);
    assert.equal(await store.putDataset(dataset), true);
  });

  check("of 20 that register one name at once, one does", async ({ store }) => {
    const tries = Array.from({ length: 20 }, (_, index) => ({ ...dataset, pattern: `/data/${index}` }));
    const outcomes = await Promise.all(tries.map((each) => store.putDataset(each)));
    assert.equal(outcomes.filter((outcome) => outcome).length, 1);
    assert.deepEqual(await store.listDatasets(), [tries[outcomes.indexOf(true)]]);
  });

  check("getMetadata gives those of 500 keys that are there, as they were put first, or replaced last", async ({ store, crash }) => {
    const keys = Array.from({ length: 500 }, (_, index) => `parquet 1 file:${index}`);
    const there = keys.filter((_, index) => index % 3 !== 0);
    const put = there.map((key, index) => ({ key, body: makeBody(100 + index, index) }));
    const inserted = await store.putMetadata(put.slice(10));
    assert.deepEqual(new Set(inserted), new Set(["inserted"]));
    const [first, ...others] = put;
    assert.deepEqual(await store.putMetadata([...put.slice(0, 20), { key: there[20]!, body: makeBody(99, 7) }]), [
      ...put.slice(0, 10).map(() => "inserted"),
      ...put.slice(10, 20).map(() => "same"),
      "different",
    ]);
    await store.putMetadata([{ key: there[0]!, body: makeBody(9_000_000, 5) }, others[0]!], { replaces: true });
    assert.deepEqual(await store.putMetadata([{ key: there[0]!, body: makeBody(9_000_000, 5) }, first!]), ["same", "different"]);
    for (const opened of [store, await crash()]) {
      const found = await opened.getMetadata(keys);
      assert.deepEqual([...found.keys()].toSorted(), there.toSorted());
      assert.equal(Buffer.compare(found.get(there[0]!)!, makeBody(9_000_000, 5)), 0);
      for (const [index, key] of there.entries()) if (index > 0) assert.deepEqual(found.get(key), makeBody(100 + index, index));
    }
    assert.equal((await store.usage()).bodies, 0);
  });

  check(
    "removeUnused removes metadata that nobody used for as long as it is kept, and no dataset",
    async ({ store }, clock) => {
      await store.putDataset({ ...dataset, registered: clock.now() });
      await store.putMetadata([{ key: "forgotten", body: makeBody(10, 1) }]);
      await store.putMetadata([{ key: "used", body: makeBody(10, 1) }]);
      clock.pass(10 * day);
      await store.getMetadata(["used"]);
      clock.pass(10 * day);
      assert.equal(await store.removeUnused(), 1);
      assert.deepEqual([...(await store.getMetadata(["forgotten", "used"])).keys()], ["used"]);
      assert.equal((await store.listDatasets()).length, 1);
    },
    1e9,
    14 * day,
  );
}
