/** Tests that bodies are removed which nobody used for long. */

import assert from "node:assert/strict";
import type { Store } from "../../../storage/store.ts";
import { getPartial, getPlan, getProgram, makeQuery, putPartial } from "../../storage/one-at-a-time.ts";
import { type Check, type Clock, day, makeBody, makePlan, type StoreHarness } from "./harness.ts";

export function checkRetention(check: Check): void {
  const checkKept = (claim: string, run: (harness: StoreHarness, clock: Clock) => Promise<void>) => check(claim, run, 1e9, 14 * day);
  const numberOf = async (store: Store) => (await store.usage()).bodies;

  checkKept("removeUnused removes bodies that nobody used for as long as they are kept, and no others", async ({ store }, clock) => {
    await putPartial(store, "forgotten", makeBody(10, 1));
    await putPartial(store, "used", makeBody(20, 2));
    await store.putResult("forgotten", makeBody(40, 4));
    clock.pass(13 * day);
    await store.findPartials(["used"]);
    assert.equal(await store.removeUnused(), 0);
    clock.pass(2 * day);
    await putPartial(store, "new", makeBody(80, 8));
    assert.equal(await store.removeUnused(), 2);
    assert.deepEqual([...(await store.findPartials(["forgotten", "used", "new"]))].sort(), ["new", "used"]);
    assert.equal(await store.getResult("forgotten"), undefined);
    assert.equal((await store.usage()).bytes, 100);
  });

  checkKept("removeUnused removes records that nobody used for as long as they are kept", async ({ store }, clock) => {
    const put = async (id: string) => {
      await store.putProgram({ programKey: `program of ${id}`, program: {}, module: makeBody(10, 1) });
      await store.putPlan({ ...makePlan(`plan of ${id}`, 4500), programKey: `program of ${id}` });
      await store.putQuery(makeQuery(id, { planKey: `plan of ${id}`, created: clock.now() }));
      await store.putResult(`plan of ${id}`, makeBody(10, 1));
    };
    await put("forgotten");
    await put("asked");
    clock.pass(10 * day);
    await store.getQuery("asked");
    await store.getQuery("never put");
    clock.pass(10 * day);
    assert((await store.removeUnused()) >= 4);
    assert.equal(await store.getQuery("forgotten"), undefined);
    assert.equal(await getPlan(store, "plan of forgotten"), undefined);
    assert.equal(await getProgram(store, "program of forgotten"), undefined);
    // Asking for a query renewed what answering it takes.
    assert(await store.getQuery("asked"));
    assert.equal((await getPlan(store, "plan of asked"))?.partitions.length, 4500);
    assert(await getProgram(store, "program of asked"));
    assert(await store.getResult("plan of asked"));
  });

  checkKept("removeUnused leaves what is pinned, however long nobody used it", async ({ store }, clock) => {
    await putPartial(store, "pinned", makeBody(10, 1));
    await putPartial(store, "other", makeBody(10, 1));
    await store.putPlan(makePlan("pinned plan", 4500));
    const release = store.pin(["pinned", "pinned plan"]);
    clock.pass(30 * day);
    assert.equal(await store.removeUnused(), 1);
    assert.equal(await numberOf(store), 1);
    assert.equal((await getPlan(store, "pinned plan"))?.partitions.length, 4500);
    release();
    clock.pass(30 * day);
    await store.removeUnused();
    assert.equal(await numberOf(store), 0);
    assert.equal(await getPlan(store, "pinned plan"), undefined);
  });

  checkKept("a body larger than 8 MB is kept and removed as a whole", async ({ store }, clock) => {
    await putPartial(store, "large", makeBody(9_000_000, 1));
    clock.pass(10 * day);
    await getPartial(store, "large");
    clock.pass(10 * day);
    assert.equal(await store.removeUnused(), 0);
    assert.equal((await getPartial(store, "large"))?.bytes.length, 9_000_000);
    clock.pass(30 * day);
    assert((await store.removeUnused()) >= 1);
    assert.equal(await numberOf(store), 0);
  });

  check("without a time to keep, removeUnused removes nothing", async ({ store }, clock) => {
    await putPartial(store, "old", makeBody(10, 1));
    clock.pass(10_000 * day);
    assert.equal(await store.removeUnused(), 0);
    assert.equal(await numberOf(store), 1);
  });
}
