/** Partials and results. */
import assert from "node:assert/strict";
import { type Check, makeBody } from "./harness.ts";

export function checkBodies(check: Check): void {
  check("putPartial and putResult insert only: the first body stays, and they say so", async ({ store }) => {
    for (const [put, get] of [
      [store.putPartial, store.getPartial],
      [store.putResult, store.getResult],
    ] as const) {
      assert.equal(await put("key", makeBody(100, 1)), "inserted");
      assert.equal(await put("key", makeBody(100, 1)), "same");
      assert.equal(await put("key", makeBody(100, 2)), "different");
      assert.equal(await put("key", makeBody(101, 1)), "different");
      assert.deepEqual((await get("key"))?.bytes, makeBody(100, 1));
    }
  });

  check("a partial and a result under one key are two bodies", async ({ store }) => {
    await store.putPartial("key", makeBody(10, 1));
    await store.putResult("key", makeBody(20, 2));
    assert.deepEqual((await store.getPartial("key"))?.bytes, makeBody(10, 1));
    assert.deepEqual((await store.getResult("key"))?.bytes, makeBody(20, 2));
    assert.equal((await store.usage()).bytes, 30);
  });

  check("a note is kept beside the body that was inserted, and bodies with different notes are the same", async ({ store }) => {
    for (const [put, get] of [
      [store.putPartial, store.getPartial],
      [store.putResult, store.getResult],
    ] as const) {
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
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, index) => store.putPartial("key", makeBody(50, index % 2))));
    assert.equal(outcomes.filter((outcome) => outcome === "inserted").length, 1);
    const kept = (await store.getPartial("key"))?.bytes;
    const expected = outcomes.map((_, index) => (Buffer.compare(kept!, makeBody(50, index % 2)) === 0 ? "same" : "different"));
    assert.deepEqual(
      outcomes.map((outcome) => (outcome === "inserted" ? "same" : outcome)),
      expected,
    );
    assert.equal((await store.usage()).bodies, 1);
  });

  check("findPartials gives exactly the stored ones of 3,000", async ({ store }) => {
    const keys = Array.from({ length: 3000 }, (_, index) => `key ${index}`);
    const stored = keys.filter((_, index) => index % 7 === 3);
    await Promise.all(stored.map((key) => store.putPartial(key, makeBody(10, 1))));
    await store.putResult("key 0", makeBody(10, 1));
    assert.deepEqual([...(await store.findPartials([...keys, ...keys]))].sort(), [...stored].sort());
  });

  check("dropPartial makes room for another body under the key, and touches no other", async ({ store }) => {
    await store.putPartial("damaged", makeBody(10, 1));
    await store.putPartial("other", makeBody(10, 2));
    await store.putResult("damaged", makeBody(10, 3));
    await store.dropPartial("damaged");
    await store.dropPartial("never there");
    assert.equal(await store.getPartial("damaged"), undefined);
    assert.deepEqual([...(await store.findPartials(["damaged", "other"]))], ["other"]);
    assert.equal(await store.putPartial("damaged", makeBody(12, 4)), "inserted");
    assert.deepEqual((await store.getPartial("damaged"))?.bytes, makeBody(12, 4));
    assert.deepEqual((await store.getResult("damaged"))?.bytes, makeBody(10, 3));
    assert.deepEqual(await store.usage(), { bodies: 3, bytes: 32, limit: 1e9 });
  });

  check("dropResult makes room for another body under the key, and touches no partial", async ({ store }) => {
    await store.putResult("damaged", makeBody(10, 1));
    await store.putPartial("damaged", makeBody(10, 2));
    await store.dropResult("damaged");
    await store.dropResult("never there");
    assert.equal(await store.getResult("damaged"), undefined);
    assert.equal(await store.putResult("damaged", makeBody(12, 3)), "inserted");
    assert.deepEqual((await store.getPartial("damaged"))?.bytes, makeBody(10, 2));
    assert.deepEqual(await store.usage(), { bodies: 2, bytes: 22, limit: 1e9 });
  });

  check("a body of 12 MB comes back as it was", async ({ store, crash }) => {
    const body = makeBody(12_000_000, 5);
    assert.equal(await store.putPartial("big", body), "inserted");
    assert.equal(Buffer.compare((await store.getPartial("big"))!.bytes, body), 0);
    assert.equal(Buffer.compare((await (await crash()).getPartial("big"))!.bytes, body), 0);
  });

  check("what getPartial gives belongs to the caller", async ({ store }) => {
    for (const size of [10, 5000, 200_000]) {
      await store.putPartial(`key ${size}`, makeBody(size, 1));
      const first = (await store.getPartial(`key ${size}`))!.bytes;
      const second = (await store.getPartial(`key ${size}`))!.bytes;
      first.fill(0);
      assert.deepEqual(second, makeBody(size, 1));
      assert.equal(first.byteOffset, 0);
      assert.equal(first.buffer.byteLength, size);
      assert.deepEqual((await store.getPartial(`key ${size}`))?.bytes, makeBody(size, 1));
    }
  });
}
