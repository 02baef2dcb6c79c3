/** Tests that bodies stay within a limit of bytes. */

import assert from "node:assert/strict";
import type { Store } from "../../../storage/store.ts";
import { StoreError } from "../../../storage/store-error.ts";
import { getPartial, putPartial } from "../../storage/one-at-a-time.ts";
import { type Check, type Clock, hour, makeBody } from "./harness.ts";

export function checkBound(check: Check): void {
  const tenBodies = 10_000;
  const putMany = async (store: Store, clock: Clock, keys: readonly string[]) => {
    for (const key of keys) {
      clock.pass(2 * hour);
      await putPartial(store, key, makeBody(1000, 1));
    }
  };
  const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

  check(
    "bodies stay within the bound: what was used last stays",
    async ({ store }, clock) => {
      await putMany(store, clock, numbered("k", 30));
      assert.deepEqual(await store.usage(), { bodies: 10, bytes: tenBodies, limit: tenBodies });
      assert.deepEqual([...(await store.findPartials(numbered("k", 30)))].sort(), numbered("k", 30).slice(20).sort());
    },
    tenBodies,
  );

  check(
    "getPartials, getResult and findPartials renew a body, unless told not to: others go first",
    async ({ store }, clock) => {
      await store.putResult("r", makeBody(1000, 1));
      await putMany(store, clock, numbered("k", 9));
      clock.pass(2 * hour);
      await store.findPartials(["k1", "k4"]);
      clock.pass(2 * hour);
      assert.equal((await store.findPartials(["k2", "not there"], { renews: false })).size, 1);
      await getPartial(store, "k0");
      clock.pass(2 * hour);
      await store.getResult("r");
      await putMany(store, clock, numbered("new", 6));
      assert.deepEqual([...(await store.findPartials(numbered("k", 9)))].sort(), ["k0", "k1", "k4"]);
      assert(await store.getResult("r"));
    },
    tenBodies,
  );

  check(
    "a large body takes the place of as many small ones as it needs",
    async ({ store }, clock) => {
      await putMany(store, clock, numbered("k", 10));
      await store.putResult("large", makeBody(7500, 2));
      assert.deepEqual(await store.usage(), { bodies: 3, bytes: 9500, limit: tenBodies });
      assert.deepEqual([...(await store.findPartials(numbered("k", 10)))].sort(), ["k8", "k9"]);
    },
    tenBodies,
  );

  check(
    "pinned bodies are never evicted, until everyone who pinned them let go",
    async ({ store }, clock) => {
      await putMany(store, clock, numbered("k", 10));
      const release = store.pin(["k0", "k1", "not there"]);
      const releaseToo = store.pin(["k1", "k2"]);
      await putMany(store, clock, numbered("new", 20));
      assert.deepEqual([...(await store.findPartials(numbered("k", 10)))].sort(), ["k0", "k1", "k2"]);
      assert((await store.usage()).bytes <= tenBodies);
      release();
      release();
      await putMany(store, clock, numbered("newer", 20));
      assert.deepEqual([...(await store.findPartials(numbered("k", 10)))].sort(), ["k1", "k2"]);
      releaseToo();
      await putMany(store, clock, numbered("newest", 20));
      assert.deepEqual([...(await store.findPartials(numbered("k", 10)))], []);
    },
    tenBodies,
  );

  check(
    "a body goes in although all others are pinned",
    async ({ store }, clock) => {
      const keys = numbered("k", 10);
      store.pin(keys);
      await putMany(store, clock, [...keys, "more"]);
      assert.equal((await store.findPartials([...keys, "more"])).size, 11);
    },
    tenBodies,
  );

  check(
    "a body larger than the bound is refused, and nothing goes for it",
    async ({ store }, clock) => {
      await putMany(store, clock, numbered("k", 10));
      await assert.rejects(putPartial(store, "huge", makeBody(tenBodies + 1, 1)), /huge.*10000|10001.*huge/s);
      assert.equal((await store.usage()).bodies, 10);
    },
    tenBodies,
  );

  check(
    "a partial that can never be kept is told of, and the others put with it are stored within the bound",
    async ({ store }, clock) => {
      await putMany(store, clock, numbered("before", 10));
      clock.pass(2 * hour);
      const bodies = [makeBody(500, 1), makeBody(tenBodies + 1, 1), ...numbered("k", 7).map(() => makeBody(1000, 1))];
      const outcomes = await store.putPartials(bodies.map((body, index) => ({ key: `key ${index}`, body })));
      const [first, huge, ...others] = outcomes;
      assert.equal(first, "inserted");
      assert(huge instanceof StoreError && huge.code === "too-large");
      assert.match(huge.message, /Cannot store 10001 bytes under .*key 1: the store is limited to 10000 bytes/);
      assert.deepEqual(
        others,
        others.map(() => "inserted"),
      );
      assert.deepEqual(await store.usage(), { bodies: 10, bytes: 9500, limit: tenBodies });
      assert.deepEqual([...(await store.findPartials(numbered("before", 10)))].sort(), ["before8", "before9"]);
    },
    tenBodies,
  );

  check(
    "bodies, their order and their sum are there after a crash",
    async ({ store, crash }, clock) => {
      await putMany(store, clock, numbered("k", 10));
      clock.pass(2 * hour);
      await getPartial(store, "k0");
      const opened = await crash();
      assert.deepEqual(await opened.usage(), { bodies: 10, bytes: tenBodies, limit: tenBodies });
      assert.equal(await putPartial(opened, "k9", makeBody(1000, 1)), "same");
      await putMany(opened, clock, numbered("new", 8));
      assert.deepEqual([...(await opened.findPartials(numbered("k", 10)))].sort(), ["k0", "k9"]);
      assert.deepEqual(await opened.usage(), { bodies: 10, bytes: tenBodies, limit: tenBodies });
    },
    tenBodies,
  );
}
