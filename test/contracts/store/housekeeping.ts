/** Listing and removing. */

import assert from "node:assert/strict";
import type { StoredPlan } from "../../../storage/store.ts";
import { getPlan, getProgram, makeQuery, putPartial } from "../../storage/one-at-a-time.ts";
import { until } from "../../support/until.ts";
import { type Check, hour, makeBody, makePlan } from "./harness.ts";

export function checkHousekeeping(check: Check): void {
  const idsOf = (queries: readonly { readonly id: string }[]) => queries.map(({ id }) => id);

  check("listQueries gives queries newest first, page by page, those of one time by id", async ({ store }, clock) => {
    const start = clock.now();
    const ids = Array.from({ length: 25 }, (_, index) => `q${String(index).padStart(2, "0")}`);
    await Promise.all(ids.map((id, index) => store.putQuery(makeQuery(id, { created: start + 1000 * Math.floor(index / 3) }))));
    const pages: string[][] = [];
    let before: { readonly id: string; readonly created: number } | undefined;
    do {
      const page = await store.listQueries({ limit: 7, ...(before && { before }) });
      pages.push(idsOf(page));
      before = page.at(-1);
    } while (before);
    assert.deepEqual(
      pages.map((page) => page.length),
      [7, 7, 7, 4, 0],
    );
    assert.deepEqual(pages.flat(), ids.toReversed());
  });

  check("listQueries finds by dataset and by part of the name, and tells ages and sizes", async ({ store }, clock) => {
    const created = clock.now();
    const first = makeQuery("a", { planKey: "p", created, asked: { dataset: "cms", name: "Z to two muons" } });
    await store.putQuery(first);
    await store.putQuery(makeQuery("b", { planKey: "p", created, asked: { dataset: "cms", name: "Jets (all) .*" } }));
    await store.putQuery(makeQuery("c", { planKey: "other", created, asked: { dataset: "zmumu", name: "z again" } }));
    await store.putQuery(makeQuery("d", { planKey: "p", created, asked: { dataset: "cms" } }));
    await store.putResult("p", makeBody(123, 1));
    const find = async (filter: { readonly dataset?: string; readonly name?: string }) =>
      idsOf(await store.listQueries({ limit: 10, ...filter })).toReversed();
    assert.deepEqual(await find({}), ["a", "b", "c", "d"]);
    assert.deepEqual(await find({ dataset: "cms" }), ["a", "b", "d"]);
    assert.deepEqual(await find({ name: "Z" }), ["a", "c"]);
    assert.deepEqual(await find({ name: "(ALL) .*" }), ["b"]);
    assert.deepEqual(await find({ name: ".*" }), ["b"]);
    assert.deepEqual(await find({ dataset: "zmumu", name: "two" }), []);
    clock.pass(3 * hour);
    await store.getQuery("a");
    const oldest = async () => (await store.listQueries({ limit: 10 }))[3]!;
    const { lastAccess: _, ...rest } = await oldest();
    assert.deepEqual(rest, {
      id: "a",
      planKey: "p",
      created,
      query: { dataset: "cms", name: "Z to two muons", priority: 500 },
      resultBytes: 123,
    });
    // A store may write times of last use a little later.
    await until(async () => Math.abs((await oldest()).lastAccess - clock.now()) < 1000);
    const [other] = await store.listQueries({ limit: 1, dataset: "zmumu" });
    assert.equal(other?.resultBytes, undefined);
  });

  check("removePlan removes plan, queries, result and partials, but those pinned or shared", async ({ store }) => {
    const grown = { ...makePlan("grown", 4200), programKey: "same" };
    const plan = { ...makePlan("plan", 4100), programKey: "same" };
    const small: StoredPlan = { ...plan, partitions: [...plan.partitions, { ...plan.partitions[0]!, fingerprint: "only here" }] };
    const keys = ["same:f3", "same:f4000", "same:only here", "same:pinned"];
    const withPinned = { ...small, partitions: [...small.partitions, { ...plan.partitions[0]!, fingerprint: "pinned" }] };
    await Promise.all([store.putPlan(grown), store.putPlan(withPinned), store.putPlan(makePlan("stranger", 10))]);
    for (const key of [...keys, "program:f3"]) await putPartial(store, key, makeBody(10, 1));
    for (const planKey of ["grown", "plan", "stranger"]) {
      await store.putQuery(makeQuery(`first of ${planKey}`, { planKey }));
      await store.putQuery(makeQuery(`second of ${planKey}`, { planKey, created: 2 }));
      await store.putResult(planKey, makeBody(10, 1));
    }
    const release = store.pin(["same:pinned"]);
    assert.deepEqual(await store.removePlan("plan"), { removed: 1, kept: 3 });
    assert.deepEqual([...(await store.findPartials([...keys, "program:f3"]))].sort(), [
      "program:f3",
      "same:f3",
      "same:f4000",
      "same:pinned",
    ]);
    assert.equal(await getPlan(store, "plan"), undefined);
    assert.equal(await store.getResult("plan"), undefined);
    assert.equal((await getPlan(store, "grown"))?.partitions.length, 4200);
    assert(await store.getResult("grown"));
    const left = ["second of stranger", "second of grown", "first of stranger", "first of grown"];
    assert.deepEqual(idsOf(await store.listQueries({ limit: 10 })), left);
    release();
    assert.deepEqual(await store.removePlan("grown"), { removed: 2, kept: 0 });
    assert.deepEqual(await store.removePlan("never put"), { removed: 0, kept: 0 });
    assert.equal((await store.usage()).bodies, 3);
  });

  check(
    "removePlan removes the partials of all programs of a plan, but those that another plan has, as its own program or that of a variation",
    async ({ store }) => {
      const plain = makePlan("plain", 2);
      const varied: StoredPlan = { ...makePlan("varied", 2), variations: [{ programKey: "up" }, { programKey: "down", columns: ["x"] }] };
      await Promise.all([store.putPlan(plain), store.putPlan(varied), store.putPlan({ ...makePlan("up alone", 1), programKey: "up" })]);
      assert.deepEqual(await getPlan(store, "varied"), varied);
      for (const program of ["program", "up", "down"])
        for (const fingerprint of ["f0", "f1"]) await putPartial(store, `${program}:${fingerprint}`, makeBody(10, 1));
      assert.deepEqual(await store.removePlan("plain"), { removed: 0, kept: 2 });
      assert.deepEqual(await store.removePlan("up alone"), { removed: 0, kept: 1 });
      await store.putPlan({ ...makePlan("up alone", 1), programKey: "up" });
      assert.deepEqual(await store.removePlan("varied"), { removed: 5, kept: 1 });
    },
  );

  check("reset removes everything, and the store goes on", async ({ store, crash }) => {
    const fill = async () => {
      await store.putProgram({ programKey: "p", program: {}, module: makeBody(10, 1) });
      await store.putPlan(makePlan("plan", 4500));
      await store.putQuery(makeQuery("q"));
      assert.equal(await putPartial(store, "a", makeBody(10, 1)), "inserted");
      assert.equal(await putPartial(store, "large", makeBody(9_000_000, 1)), "inserted");
      assert.equal(await store.putResult("plan", makeBody(10, 1)), "inserted");
      assert.equal(await store.putDataset({ name: "d", pattern: "/d", registered: 1, by: "test", held: true, revision: 1 }), true);
      await store.putMetadata([{ key: "file", body: makeBody(10, 1) }]);
    };
    await fill();
    store.pin(["a"]);
    await store.reset();
    for (const opened of [store, await crash()]) {
      assert.equal(await getProgram(opened, "p"), undefined);
      assert.equal(await getPlan(opened, "plan"), undefined);
      assert.deepEqual(await opened.listQueries({ limit: 10 }), []);
      assert.deepEqual(await opened.listDatasets(), []);
      assert.equal((await opened.getMetadata(["file"])).size, 0);
      assert.equal((await opened.findPartials(["a", "large"])).size, 0);
      const { bodies, bytes } = await opened.usage();
      assert.deepEqual([bodies, bytes], [0, 0]);
    }
    await fill();
    assert.equal((await store.usage()).bytes, 9_000_020);
    assert.equal((await getPlan(store, "plan"))?.partitions.length, 4500);
  });
}
