/** What every form of the store must do: run by the tests of each form. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Store, StoredPlan } from "../../storage/store.ts";

export interface StoreHarness {
  readonly store: Store;
  /** Ends the store as a crash would, without closing it, and opens what it left behind. */
  crash(): Promise<Store>;
}

export interface StoreConditions {
  /** Bytes of bodies. */
  readonly limit: number;
  /** Milliseconds. */
  readonly keep?: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** `open` gives an empty store and cleans up after the test. */
export type OpenStore = (t: TestContext, conditions: StoreConditions) => Promise<StoreHarness>;

const hour = 3_600_000;
const oddKeys = [
  "__proto__",
  "constructor",
  "a b",
  "a/b",
  "a:b",
  "é😀",
  "zero\u0000byte",
  '"quoted"',
  "line\nbreak",
  "%2F",
  "k".repeat(1000),
  "",
];

/** A clock that stands still until it is told to go on. It starts at the real time, since a server may let documents expire by its own. */
function createClock() {
  let time = Date.now();
  return { now: () => time, pass: (milliseconds: number) => (time += milliseconds) };
}

type Clock = ReturnType<typeof createClock>;

function makeBody(size: number, seed: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + seed * 17) & 255);
}

function makePlan(planKey: string, partitions: number): StoredPlan {
  return {
    planKey,
    programKey: "program",
    dataset: "zmumu",
    partitions: Array.from({ length: partitions }, (_, index) => ({
      index,
      fingerprint: `f${index}`,
      entries: 1000 + index,
      file: "a.parquet",
    })),
  };
}

export function describeStore(name: string, open: OpenStore): void {
  const check = (claim: string, run: (harness: StoreHarness, clock: Clock) => Promise<void>, limit = 1e9, keep?: number) =>
    test(`${name}: ${claim}`, async (t) => {
      const clock = createClock();
      await run(await open(t, { limit, ...(keep === undefined ? {} : { keep }), now: clock.now }), clock);
    });

  check("getProgram, getPlan and getQuery give what was put, before and after a crash", async ({ store, crash }) => {
    const program = {
      programKey: "p",
      program: { columns: ["Muon_pt"], __proto__: null, nested: [1, null, "é"] },
      module: makeBody(5000, 1),
    };
    const plan = makePlan("plan", 5001);
    const query = { id: "q", planKey: "plan", query: JSON.parse('{"__proto__": {"a": 1}, "define": {}}'), created: 1_700_000_000_123 };
    await Promise.all([store.putProgram(program), store.putPlan(plan), store.putPlan(makePlan("empty", 0)), store.putQuery(query)]);
    for (const opened of [store, await crash()]) {
      const found = await opened.getProgram("p");
      assert.deepEqual({ ...found, program: JSON.stringify(found?.program) }, { ...program, program: JSON.stringify(program.program) });
      assert.deepEqual(await opened.getPlan("plan"), plan);
      assert.deepEqual(await opened.getPlan("empty"), makePlan("empty", 0));
      assert.equal(JSON.stringify(await opened.getQuery("q")), JSON.stringify(query));
    }
  });

  check("what was never put is undefined", async ({ store }) => {
    assert.equal(await store.getProgram("x"), undefined);
    assert.equal(await store.getPlan("x"), undefined);
    assert.equal(await store.getQuery("x"), undefined);
    assert.equal(await store.getPartial("x"), undefined);
    assert.equal(await store.getResult("x"), undefined);
    assert.deepEqual([...(await store.findPartials(["x", "y"]))], []);
  });

  check("putPartial and putResult insert only: the first body stays, and they say so", async ({ store }) => {
    for (const [put, get] of [
      [store.putPartial, store.getPartial],
      [store.putResult, store.getResult],
    ] as const) {
      assert.equal(await put("key", makeBody(100, 1)), "inserted");
      assert.equal(await put("key", makeBody(100, 1)), "same");
      assert.equal(await put("key", makeBody(100, 2)), "different");
      assert.equal(await put("key", makeBody(101, 1)), "different");
      assert.deepEqual(await get("key"), makeBody(100, 1));
    }
  });

  check("a partial and a result under one key are two bodies", async ({ store }) => {
    await store.putPartial("key", makeBody(10, 1));
    await store.putResult("key", makeBody(20, 2));
    assert.deepEqual(await store.getPartial("key"), makeBody(10, 1));
    assert.deepEqual(await store.getResult("key"), makeBody(20, 2));
    assert.equal((await store.usage()).bytes, 30);
  });

  check("putPartial of one key by 50 at once inserts once", async ({ store }) => {
    const outcomes = await Promise.all(Array.from({ length: 50 }, (_, index) => store.putPartial("key", makeBody(50, index % 2))));
    assert.equal(outcomes.filter((outcome) => outcome === "inserted").length, 1);
    const kept = await store.getPartial("key");
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
    assert.deepEqual(await store.getPartial("damaged"), makeBody(12, 4));
    assert.deepEqual(await store.getResult("damaged"), makeBody(10, 3));
    assert.deepEqual(await store.usage(), { bodies: 3, bytes: 32, limit: 1e9 });
  });

  check("keys with odd characters are keys like others", async ({ store, crash }) => {
    for (const [index, key] of oddKeys.entries()) {
      assert.equal(await store.putPartial(key, makeBody(index, index)), "inserted");
      await store.putQuery({ id: key, planKey: key, query: index, created: index });
    }
    for (const opened of [store, await crash()]) {
      assert.deepEqual([...(await opened.findPartials(oddKeys))].sort(), [...oddKeys].sort());
      for (const [index, key] of oddKeys.entries()) {
        assert.deepEqual(await opened.getPartial(key), makeBody(index, index));
        assert.deepEqual(await opened.getQuery(key), { id: key, planKey: key, query: index, created: index });
      }
    }
  });

  check("a body of 12 MB comes back as it was", async ({ store, crash }) => {
    const body = makeBody(12_000_000, 5);
    assert.equal(await store.putPartial("big", body), "inserted");
    assert.equal(Buffer.compare((await store.getPartial("big"))!, body), 0);
    assert.equal(Buffer.compare((await (await crash()).getPartial("big"))!, body), 0);
  });

  check("what getPartial gives belongs to the caller", async ({ store }) => {
    for (const size of [10, 5000, 200_000]) {
      await store.putPartial(`key ${size}`, makeBody(size, 1));
      const first = (await store.getPartial(`key ${size}`))!;
      const second = (await store.getPartial(`key ${size}`))!;
      first.fill(0);
      assert.deepEqual(second, makeBody(size, 1));
      assert.equal(first.byteOffset, 0);
      assert.equal(first.buffer.byteLength, size);
      assert.deepEqual(await store.getPartial(`key ${size}`), makeBody(size, 1));
    }
  });

  const tenBodies = 10_000;
  const putMany = async (store: Store, clock: Clock, keys: readonly string[]) => {
    for (const key of keys) {
      clock.pass(2 * hour);
      await store.putPartial(key, makeBody(1000, 1));
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
    "getPartial, getResult and findPartials renew a body: others go first",
    async ({ store }, clock) => {
      await store.putResult("r", makeBody(1000, 1));
      await putMany(store, clock, numbered("k", 9));
      clock.pass(2 * hour);
      await store.findPartials(["k1", "k4"]);
      clock.pass(2 * hour);
      await store.getPartial("k0");
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
      await assert.rejects(store.putPartial("huge", makeBody(tenBodies + 1, 1)), /huge.*10000|10001.*huge/s);
      assert.equal((await store.usage()).bodies, 10);
    },
    tenBodies,
  );

  check(
    "bodies, their order and their sum are there after a crash",
    async ({ store, crash }, clock) => {
      await putMany(store, clock, numbered("k", 10));
      clock.pass(2 * hour);
      await store.getPartial("k0");
      const opened = await crash();
      assert.deepEqual(await opened.usage(), { bodies: 10, bytes: tenBodies, limit: tenBodies });
      assert.equal(await opened.putPartial("k9", makeBody(1000, 1)), "same");
      await putMany(opened, clock, numbered("new", 8));
      assert.deepEqual([...(await opened.findPartials(numbered("k", 10)))].sort(), ["k0", "k9"]);
      assert.deepEqual(await opened.usage(), { bodies: 10, bytes: tenBodies, limit: tenBodies });
    },
    tenBodies,
  );

  describeRetention(check);
  describeHousekeeping(check);
}

type Check = (claim: string, run: (harness: StoreHarness, clock: Clock) => Promise<void>, limit?: number, keep?: number) => void;

const day = 24 * hour;

function describeRetention(check: Check): void {
  const checkKept = (claim: string, run: (harness: StoreHarness, clock: Clock) => Promise<void>) => check(claim, run, 1e9, 14 * day);
  const numberOf = async (store: Store) => (await store.usage()).bodies;

  checkKept("sweep removes bodies that nobody used for as long as they are kept, and no others", async ({ store }, clock) => {
    await store.putPartial("forgotten", makeBody(10, 1));
    await store.putPartial("used", makeBody(20, 2));
    await store.putResult("forgotten", makeBody(40, 4));
    clock.pass(13 * day);
    await store.findPartials(["used"]);
    assert.equal(await store.sweep(), 0);
    clock.pass(2 * day);
    await store.putPartial("new", makeBody(80, 8));
    assert.equal(await store.sweep(), 2);
    assert.deepEqual([...(await store.findPartials(["forgotten", "used", "new"]))].sort(), ["new", "used"]);
    assert.equal(await store.getResult("forgotten"), undefined);
    assert.equal((await store.usage()).bytes, 100);
  });

  checkKept("sweep removes records that nobody used for as long as they are kept", async ({ store }, clock) => {
    const put = async (id: string) => {
      await store.putProgram({ programKey: `program of ${id}`, program: {}, module: makeBody(10, 1) });
      await store.putPlan({ ...makePlan(`plan of ${id}`, 4500), programKey: `program of ${id}` });
      await store.putQuery({ id, planKey: `plan of ${id}`, query: 1, created: clock.now() });
      await store.putResult(`plan of ${id}`, makeBody(10, 1));
    };
    await put("forgotten");
    await put("asked");
    clock.pass(10 * day);
    await store.getQuery("asked");
    await store.getQuery("never put");
    clock.pass(10 * day);
    assert((await store.sweep()) >= 4);
    assert.equal(await store.getQuery("forgotten"), undefined);
    assert.equal(await store.getPlan("plan of forgotten"), undefined);
    assert.equal(await store.getProgram("program of forgotten"), undefined);
    // Asking for a query renewed what answering it takes.
    assert(await store.getQuery("asked"));
    assert.equal((await store.getPlan("plan of asked"))?.partitions.length, 4500);
    assert(await store.getProgram("program of asked"));
    assert(await store.getResult("plan of asked"));
  });

  checkKept("sweep leaves what is pinned, however long nobody used it", async ({ store }, clock) => {
    await store.putPartial("pinned", makeBody(10, 1));
    await store.putPartial("other", makeBody(10, 1));
    await store.putPlan(makePlan("pinned plan", 4500));
    const release = store.pin(["pinned", "pinned plan"]);
    clock.pass(30 * day);
    assert.equal(await store.sweep(), 1);
    assert.equal(await numberOf(store), 1);
    assert.equal((await store.getPlan("pinned plan"))?.partitions.length, 4500);
    release();
    clock.pass(30 * day);
    await store.sweep();
    assert.equal(await numberOf(store), 0);
    assert.equal(await store.getPlan("pinned plan"), undefined);
  });

  checkKept("a body larger than 8 MB is kept and removed as a whole", async ({ store }, clock) => {
    await store.putPartial("large", makeBody(9_000_000, 1));
    clock.pass(10 * day);
    await store.getPartial("large");
    clock.pass(10 * day);
    assert.equal(await store.sweep(), 0);
    assert.equal((await store.getPartial("large"))?.length, 9_000_000);
    clock.pass(30 * day);
    assert((await store.sweep()) >= 1);
    assert.equal(await numberOf(store), 0);
  });

  check("without a time to keep, sweep removes nothing", async ({ store }, clock) => {
    await store.putPartial("old", makeBody(10, 1));
    clock.pass(10_000 * day);
    assert.equal(await store.sweep(), 0);
    assert.equal(await numberOf(store), 1);
  });
}

function describeHousekeeping(check: Check): void {
  const idsOf = (queries: readonly { readonly id: string }[]) => queries.map(({ id }) => id);

  check("listQueries gives queries newest first, page by page, those of one time by id", async ({ store }, clock) => {
    const start = clock.now();
    const ids = Array.from({ length: 25 }, (_, index) => `q${String(index).padStart(2, "0")}`);
    await Promise.all(
      ids.map((id, index) => store.putQuery({ id, planKey: "p", query: { index }, created: start + 1000 * Math.floor(index / 3) })),
    );
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
    const query = { planKey: "p", query: { any: "thing" }, created };
    await store.putQuery({ ...query, id: "a", dataset: "cms", name: "Z to two muons" });
    await store.putQuery({ ...query, id: "b", dataset: "cms", name: "Jets (all) .*" });
    await store.putQuery({ ...query, id: "c", dataset: "zmumu", name: "z again", planKey: "other" });
    await store.putQuery({ ...query, id: "d", dataset: "cms" });
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
    const [, , , first] = await store.listQueries({ limit: 10 });
    const { lastAccess, ...rest } = first!;
    assert.deepEqual(rest, { ...query, id: "a", dataset: "cms", name: "Z to two muons", resultBytes: 123 });
    assert(Math.abs(lastAccess - clock.now()) < 1000);
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
    for (const key of [...keys, "program:f3"]) await store.putPartial(key, makeBody(10, 1));
    for (const planKey of ["grown", "plan", "stranger"]) {
      await store.putQuery({ id: `first of ${planKey}`, planKey, query: 1, created: 1 });
      await store.putQuery({ id: `second of ${planKey}`, planKey, query: 1, created: 2 });
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
    assert.equal(await store.getPlan("plan"), undefined);
    assert.equal(await store.getResult("plan"), undefined);
    assert.equal((await store.getPlan("grown"))?.partitions.length, 4200);
    assert(await store.getResult("grown"));
    const left = ["second of stranger", "second of grown", "first of stranger", "first of grown"];
    assert.deepEqual(idsOf(await store.listQueries({ limit: 10 })), left);
    release();
    assert.deepEqual(await store.removePlan("grown"), { removed: 2, kept: 0 });
    assert.deepEqual(await store.removePlan("never put"), { removed: 0, kept: 0 });
    assert.equal((await store.usage()).bodies, 3);
  });

  check("reset removes everything, and the store goes on", async ({ store, crash }) => {
    const fill = async () => {
      await store.putProgram({ programKey: "p", program: {}, module: makeBody(10, 1) });
      await store.putPlan(makePlan("plan", 4500));
      await store.putQuery({ id: "q", planKey: "plan", query: 1, created: 1 });
      assert.equal(await store.putPartial("a", makeBody(10, 1)), "inserted");
      assert.equal(await store.putPartial("large", makeBody(9_000_000, 1)), "inserted");
      assert.equal(await store.putResult("plan", makeBody(10, 1)), "inserted");
    };
    await fill();
    store.pin(["a"]);
    await store.reset();
    for (const opened of [store, await crash()]) {
      assert.equal(await opened.getProgram("p"), undefined);
      assert.equal(await opened.getPlan("plan"), undefined);
      assert.deepEqual(await opened.listQueries({ limit: 10 }), []);
      assert.equal((await opened.findPartials(["a", "large"])).size, 0);
      const { bodies, bytes } = await opened.usage();
      assert.deepEqual([bodies, bytes], [0, 0]);
    }
    await fill();
    assert.equal((await store.usage()).bytes, 9_000_020);
    assert.equal((await store.getPlan("plan"))?.partitions.length, 4500);
  });
}
