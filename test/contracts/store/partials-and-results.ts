/** Partials and results. */

import assert from "node:assert/strict";
import { getPartial, putAndGet, putPartial } from "../../storage/one-at-a-time.ts";
import { type Check, makeBody } from "./harness.ts";

export function checkPartialsAndResults(check: Check): void {
  check("putPartial and putResult insert only: the first body stays, and they say so", async ({ store }) => {
    for (const [put, get] of putAndGet(store)) {
      assert.equal(await put("key", makeBody(100, 1)), "inserted");
      assert.equal(await put("key", makeBody(100, 1)), "same");
      assert.equal(await put("key", makeBody(100, 2)), "different");
      assert.equal(await put("key", makeBody(101, 1)), "different");
      assert.deepEqual((await get("key"))?.bytes, makeBody(100, 1));
    }
  });

  check("a partial and a result under one key are two bodies", async ({ store }) => {
    await putPartial(store, "key", makeBody(10, 1));
    await store.putResult("key", makeBody(20, 2));
    assert.deepEqual((await getPartial(store, "key"))?.bytes, makeBody(10, 1));
    assert.deepEqual((await store.getResult("key"))?.bytes, makeBody(20, 2));
    assert.equal((await store.usage()).bytes, 30);
  });

  check("a note is kept beside the body that was inserted, and bodies with different notes are the same", async ({ store }) => {
    for (const [put, get] of putAndGet(store)) {
      assert.equal(await put("noted", makeBody(100, 1), { node: "a", times: [1, 2.5] }), "inserted");
      assert.equal(await put("noted", makeBody(100, 1), { node: "b" }), "same");
      assert.deepEqual(await get("noted"), { bytes: makeBody(100, 1), note: { node: "a", times: [1, 2.5] } });
      await put("plain", makeBody(100, 2));
      assert.deepEqual(await get("plain"), { bytes: makeBody(100, 2) });
      assert.equal(await get("absent"), undefined);
    }
    assert.equal((await store.usage()).bytes, 400);
  });

  check("putPartial of one key by 50 at once inserts once", async ({ store }) => {
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, index) => putPartial(store, "key", makeBody(50, index % 2))));
    assert.equal(outcomes.filter((outcome) => outcome === "inserted").length, 1);
    const kept = (await getPartial(store, "key"))?.bytes;
    const expected = outcomes.map((_, index) => (Buffer.compare(kept!, makeBody(50, index % 2)) === 0 ? "same" : "different"));
    assert.deepEqual(
      outcomes.map((outcome) => (outcome === "inserted" ? "same" : outcome)),
      expected,
    );
    assert.equal((await store.usage()).bodies, 1);
  });

  check(
    "putPartials tells of each of many what became of it, in their order; getPartials gives those that are there",
    async ({ store }) => {
      const partials = Array.from({ length: 1200 }, (_, index) => ({
        key: `key ${index}`,
        body: makeBody(index % 50, index),
        ...(index % 2 === 0 && { note: { index } }),
      }));
      const others = partials.map(({ key, body }, index) => (index % 3 === 0 ? { key, body: makeBody(60, index) } : { key, body }));
      assert.deepEqual(await store.putPartials([]), []);
      assert.deepEqual(
        await store.putPartials(partials),
        partials.map(() => "inserted"),
      );
      assert.deepEqual(
        await store.putPartials(others),
        others.map((_, index) => (index % 3 === 0 ? "different" : "same")),
      );
      const found = await store.getPartials([...partials.map(({ key }) => key), "absent"]);
      assert.equal(found.size, 1200);
      for (const { key, body, note } of partials) assert.deepEqual(found.get(key), note ? { bytes: body, note } : { bytes: body });
      assert.equal((await store.usage()).bodies, 1200);
    },
  );

  check("putPartials of one key twice inserts it once, whoever comes first", async ({ store }) => {
    const partials = Array.from({ length: 300 }, (_, index) => ({ key: `key ${index % 100}`, body: makeBody(100, index % 100) }));
    const outcomes = (await Promise.all([store.putPartials(partials), store.putPartials(partials.toReversed())])).flat();
    for (const [expected, count] of [["inserted", 100] as const, ["same", 500] as const])
      assert.equal(outcomes.filter((outcome) => outcome === expected).length, count);
    assert.deepEqual(await store.usage(), { bodies: 100, bytes: 10_000, limit: 1e9 });
  });

  check("putPartials takes more bytes than fit into one message or transaction", async ({ store }) => {
    const partials = Array.from({ length: 12 }, (_, index) => ({
      key: `key ${index}`,
      body: makeBody(index === 5 ? 9_000_000 : 3_000_000, index),
    }));
    assert.deepEqual(
      await store.putPartials(partials),
      partials.map(() => "inserted"),
    );
    const found = await store.getPartials(partials.map(({ key }) => key));
    for (const { key, body } of partials) assert.equal(Buffer.compare(found.get(key)!.bytes, body), 0);
  });

  check("findPartials gives exactly the stored ones of 3,000", async ({ store }) => {
    const keys = Array.from({ length: 3000 }, (_, index) => `key ${index}`);
    const stored = keys.filter((_, index) => index % 7 === 3);
    await Promise.all(stored.map((key) => putPartial(store, key, makeBody(10, 1))));
    await store.putResult("key 0", makeBody(10, 1));
    assert.deepEqual([...(await store.findPartials([...keys, ...keys]))].sort(), [...stored].sort());
  });

  check("dropPartial makes room for another body under the key, and touches no other", async ({ store }) => {
    await putPartial(store, "damaged", makeBody(10, 1));
    await putPartial(store, "other", makeBody(10, 2));
    await store.putResult("damaged", makeBody(10, 3));
    await store.dropPartial("damaged");
    await store.dropPartial("never there");
    assert.equal(await getPartial(store, "damaged"), undefined);
    assert.deepEqual([...(await store.findPartials(["damaged", "other"]))], ["other"]);
    assert.equal(await putPartial(store, "damaged", makeBody(12, 4)), "inserted");
    assert.deepEqual((await getPartial(store, "damaged"))?.bytes, makeBody(12, 4));
    assert.deepEqual((await store.getResult("damaged"))?.bytes, makeBody(10, 3));
    assert.deepEqual(await store.usage(), { bodies: 3, bytes: 32, limit: 1e9 });
  });

  check("dropResult makes room for another body under the key, and touches no partial", async ({ store }) => {
    await store.putResult("damaged", makeBody(10, 1));
    await putPartial(store, "damaged", makeBody(10, 2));
    await store.dropResult("damaged");
    await store.dropResult("never there");
    assert.equal(await store.getResult("damaged"), undefined);
    assert.equal(await store.putResult("damaged", makeBody(12, 3)), "inserted");
    assert.deepEqual((await getPartial(store, "damaged"))?.bytes, makeBody(10, 2));
    assert.deepEqual(await store.usage(), { bodies: 2, bytes: 22, limit: 1e9 });
  });

  check("a body of 12 MB comes back as it was", async ({ store, crash }) => {
    const body = makeBody(12_000_000, 5);
    assert.equal(await putPartial(store, "big", body), "inserted");
    assert.equal(Buffer.compare((await getPartial(store, "big"))!.bytes, body), 0);
    assert.equal(Buffer.compare((await getPartial(await crash(), "big"))!.bytes, body), 0);
  });

  check("what getPartial gives belongs to the caller", async ({ store }) => {
    for (const size of [10, 5000, 200_000]) {
      await putPartial(store, `key ${size}`, makeBody(size, 1));
      const first = (await getPartial(store, `key ${size}`))!.bytes;
      const second = (await getPartial(store, `key ${size}`))!.bytes;
      first.fill(0);
      assert.deepEqual(second, makeBody(size, 1));
      assert.equal(first.byteOffset, 0);
      assert.equal(first.buffer.byteLength, size);
      assert.deepEqual((await getPartial(store, `key ${size}`))?.bytes, makeBody(size, 1));
    }
  });
}
