import assert from "node:assert/strict";
import { test } from "node:test";
import { ColumnCache } from "../../../datasets/cache/column-cache.ts";
import type { Lease } from "../../../datasets/cache/lease.ts";
import { createSlabs, type Slab } from "../../../datasets/cache/slab.ts";
import { DatasetError } from "../../../datasets/dataset.ts";
import { automatic, entries, location, never, settle, values } from "./cache-for-test.ts";

test("keeps released columns and gives their memory to others, least recently used first", async () => {
  // Room for eight columns of 8,016 bytes and a small work area.
  const { cache, counts } = automatic(2 ** 16);
  const use = async (fingerprint: string) =>
    (await cache.lease({ fingerprint, columns: [location(fingerprint)], workBytes: 16, signal: never })).release();
  for (const name of ["a", "b", "c", "d", "e", "f", "g", "h"]) await use(name);
  await use("a");
  await use("i");
  assert.equal(cache.holds("a", [values("a")]), true);
  assert.equal(cache.holds("b", [values("b")]), false);
  await use("b");
  assert.equal(counts.get("a"), 1);
  assert.equal(counts.get("b"), 2);
  assert.ok(cache.usage.bytes <= cache.usage.limit);
});

test("waits rather than evict what is leased, and serves waiters in order", async () => {
  const { cache } = automatic(2 ** 16);
  const lease = (fingerprint: string, workBytes: number) =>
    cache.lease({ fingerprint, columns: [location(fingerprint)], workBytes, signal: never });
  const first = await lease("a", 30_000);
  const order: string[] = [];
  const entered = (name: string) => (granted: Lease) => {
    order.push(name);
    return granted;
  };
  const second = lease("b", 40_000).then(entered("b"));
  const third = lease("c", 16).then(entered("c"));
  await settle();
  assert.deepEqual(order, []);
  first.release();
  const granted = await Promise.all([second, third]);
  assert.deepEqual(order, ["b", "c"]);
  for (const each of granted) each.release();
});

test("looks at few of many idle columns where a few make room", async () => {
  const slabs = createSlabs(2 ** 20);
  const [slab] = slabs as [Slab];
  const looked: number[] = [];
  const wouldFit = slab.wouldFit.bind(slab);
  slab.wouldFit = (sizes, going) => {
    looked.push(going.length);
    return wouldFit(sizes, going);
  };
  const cache = new ColumnCache({ slabs, load: (columns) => columns.map(({ location }) => Promise.resolve({ values: location.values })) });
  const use = async (fingerprint: string, values = entries) =>
    (await cache.lease({ fingerprint, columns: [location(fingerprint, {}, values)], workBytes: 16, signal: never })).release();
  const names = Array.from({ length: 200 }, (_, index) => `column ${index}`);
  for (const name of names) await use(name);
  assert.ok(looked.length > 0);
  assert.ok(Math.max(...looked) <= 8, `looked at ${looked}`);
  assert.equal(cache.holds("column 199", [values("column 199")]), true);
  assert.equal(cache.holds("column 0", [values("column 0")]), false);
  const kept = names.filter((name) => cache.holds(name, [values(name)])).length;
  assert.ok(kept > 125, `${kept} of 130 that fit`);
});

test("a waiter that aborts lets the next one in", async () => {
  const { cache } = automatic(2 ** 16);
  const first = await cache.lease({ fingerprint: "a", columns: [location("a")], workBytes: 30_000, signal: never });
  const abort = new AbortController();
  const large = cache.lease({ fingerprint: "b", columns: [location("b")], workBytes: 40_000, signal: abort.signal });
  const small = cache.lease({ fingerprint: "c", columns: [location("c")], workBytes: 16, signal: never });
  abort.abort(new Error("withdrawn"));
  await assert.rejects(large, /withdrawn/);
  (await small).release();
  first.release();
});

test("refuses for good what can never fit, and names --memory", async () => {
  const { cache } = automatic(2 ** 16);
  const request = { fingerprint: "f", columns: [location("a", {}, 100_000)], workBytes: 16, signal: never };
  await assert.rejects(cache.lease(request), (error) => error instanceof DatasetError && error.permanent && /--memory/.test(error.message));
  assert.equal(cache.usage.bytes, 0);
});

test("evicts nothing where memory is in pieces that make no room", async () => {
  const { cache, counts } = automatic(2 ** 16);
  const use = (fingerprint: string, workBytes = 16, values = entries) =>
    cache.lease({ fingerprint, columns: [location(fingerprint, {}, values)], workBytes, signal: never });
  const leases = [];
  // Idle columns with a leased one in their middle.
  for (const name of ["a", "b", "c", "d", "e", "f", "g", "h"]) leases.push(await use(name));
  for (const [index, lease] of leases.entries()) if (index !== 3) lease.release();
  const large = use("large", 16, 4.6 * entries);
  await settle();
  assert.deepEqual(
    ["a", "b", "c", "e", "f", "g", "h"].filter((name) => !cache.holds(name, [values(name)])),
    [],
    "the memory of a column and what lies on one side of it would not do",
  );
  leases[3]!.release();
  (await large).release();
  assert.equal(counts.get("large"), 1);
});

test("stays within its limit and loses no memory over random leases of many at a time", async () => {
  const limit = 3 * 2 ** 17;
  const { cache } = automatic(limit, { largest: 2 ** 17 });
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 16) % below;
  };
  const client = async () => {
    for (let i = 0; i < 300; i++) {
      const fingerprint = `p${random(12)}`;
      const names = new Set([`x${random(4)}`, `y${random(4)}`]);
      const columns = [...names].map((name) => location(name, name.startsWith("y") ? { lists: ["c"], nullable: true } : {}));
      const lease: Lease = await cache.lease({ fingerprint, columns, workBytes: random(40_000), signal: never });
      assert.ok(cache.usage.bytes <= limit);
      if (random(2)) await settle();
      lease.release();
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  const { capacity } = createSlabs(limit, { largest: 2 ** 17 })[0]!;
  const all = await cache.lease({ fingerprint: "last", columns: [], workBytes: capacity - 16, signal: never });
  all.release();
});

test("forgets nothing of a partition that finds no more room where it is, and none elsewhere", async () => {
  const { cache, counts } = automatic(2 ** 17, { largest: 2 ** 16 });
  const lease = (fingerprint: string, names: readonly string[], workBytes = 16) =>
    cache.lease({ fingerprint, columns: names.map((name) => location(name)), workBytes, signal: never });
  (await lease("home", ["x"])).release();
  const elsewhere = await lease("c", ["c"], 40_000);
  const beside = await lease("b", ["b"], 40_000);
  const waiting = lease("home", ["x", "y"], 16_000);
  await settle();
  assert.equal(cache.holds("home", [values("x")]), true);
  beside.release();
  (await waiting).release();
  assert.equal(counts.get("x"), 1);
  elsewhere.release();
});

test("moves a partition that finds no more room where it is to where there is some", async () => {
  const { cache, counts } = automatic(2 ** 17, { largest: 2 ** 16 });
  const lease = (fingerprint: string, names: readonly string[], workBytes = 16) =>
    cache.lease({ fingerprint, columns: names.map((name) => location(name)), workBytes, signal: never });
  const home = await lease("home", ["x"]);
  const elsewhere = await lease("c", ["c"], 40_000);
  const beside = await lease("b", ["b"], 40_000);
  assert.equal(beside.slab, home.slab);
  home.release();
  elsewhere.release();
  const moved = await lease("home", ["x", "y"], 16_000);
  assert.equal(moved.slab, elsewhere.slab);
  assert.equal(counts.get("x"), 2);
});
