import assert from "node:assert/strict";
import { test } from "node:test";
import { LoadInterrupted } from "../../../datasets/cache/cached-column.ts";
import type { Lease } from "../../../datasets/cache/lease.ts";
import { taken } from "../../../datasets/cache/slab.ts";
import { automatic, entries, location, manual, never, offsetsAt, oneEach, settle, values } from "./cache-for-test.ts";

const lists = { lists: ["Muon"] };
const request = (fingerprint: string, ...columns: readonly ReturnType<typeof location>[]) => ({ fingerprint, columns, workBytes: 16 });

test("leaseToLoad leaves loading to its caller; then the columns are as others are", async () => {
  const { cache, counts } = automatic(2 ** 16);
  const [leased] = cache.leaseToLoad([request("a", location("x"), location("y"))]);
  assert.deepEqual(
    leased!.missing.map(({ location: { column } }) => column.name),
    ["x", "y"],
  );
  const waiting = cache.lease({ ...request("a", location("x")), signal: never });
  assert.equal(leased!.lease.isReady(), false);
  for (const column of leased!.missing) column.settle({ values: entries });
  assert.equal(leased!.lease.isReady(), true);
  leased!.lease.release();
  (await waiting).release();
  assert.equal(cache.leaseToLoad([request("a", location("x"))])[0]!.missing.length, 0);
  assert.equal(counts.size, 0);
});

test("leaseToLoad says where offsets will lie: where columns of the lease have them, else where the first one that is loaded has them", async () => {
  const { cache } = automatic(2 ** 18);
  const columns = ["pt", "eta", "phi"].map((name) => location(name, lists));
  const offsets = { kind: "offsets", lists: ["Muon"], columns: ["pt", "eta", "phi"] } as const;
  const [first] = cache.leaseToLoad([request("a", ...columns)]);
  const address = first!.lease.address(offsets);
  assert.equal(address, first!.missing[0]!.place.offsets[0]!.address);
  assert.deepEqual([...first!.offsets], []);
  for (const [index, { place, settle }] of first!.missing.entries()) {
    if (index === 0) offsetsAt(place).set(oneEach);
    settle({ values: entries, ...(index > 0 && { offsets: first!.missing[0]!.place.offsets }) });
  }
  assert.equal(first!.lease.address(offsets), address);
  const [second] = cache.leaseToLoad([request("a", ...columns, location("mass", lists))]);
  assert.deepEqual([second!.missing.length, second!.lease.address(offsets), second!.offsets.get("Muon")?.address], [1, address, address]);
});

test("leaseToLoad gives nothing where others load a column or wait for room, nor where there can be no room, and the other requests their leases", async () => {
  const { cache, loads } = manual(2 ** 16);
  const loading = cache.lease({ ...request("a", location("x")), signal: never });
  const large = location("large", {}, 100_000);
  const [one, two, three] = cache.leaseToLoad([
    request("a", location("x"), location("y")),
    request("b", large),
    request("c", location("x")),
  ]);
  assert.deepEqual([one, two, three?.missing.length], [undefined, undefined, 1]);
  const stopping = new AbortController();
  const waiting = assert.rejects(cache.lease({ fingerprint: "d", columns: [], workBytes: 50_000, signal: stopping.signal }), /enough/);
  assert.deepEqual(cache.leaseToLoad([request("e", location("x"))]), [undefined]);
  stopping.abort(new Error("enough"));
  await waiting;
  loads[0]!.finish();
  (await loading).release();
});

test("a lease that waits for a load which is interrupted loads the column itself", async () => {
  const { cache, loads } = manual(2 ** 16);
  const [leased] = cache.leaseToLoad([request("a", location("x"))]);
  const waiting = cache.lease({ ...request("a", location("x")), signal: never });
  await settle();
  assert.equal(loads.length, 0);
  leased!.missing[0]!.settle({ error: new LoadInterrupted("the thread crashed") });
  leased!.lease.release();
  await settle();
  assert.deepEqual(
    loads.map(({ name }) => name),
    ["x"],
  );
  loads[0]!.finish();
  (await waiting).release();
  assert.equal(cache.holds("a", [values("x")]), true);
});

test("leaseToLoad makes room for several partitions at the expense of those that are wanted least", async () => {
  const { cache } = automatic(2 ** 16);
  for (const name of ["a", "b", "c", "d", "e", "f", "g", "h"])
    (await cache.lease({ ...request(name, location("x")), signal: never })).release();
  const leases = cache.leaseToLoad(["i", "j", "k"].map((name) => request(name, location("x"))));
  for (const leased of leases) {
    for (const column of leased!.missing) column.settle({ values: entries });
    leased!.lease.release();
  }
  const held = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"].filter((name) => cache.holds(name, [values("x")]));
  // The work areas of all three have room beside the columns.
  assert.deepEqual(held, ["e", "f", "g", "h", "i", "j", "k"]);
  assert.ok(cache.usage.bytes <= cache.usage.limit);
});

test("what a lease reads stays where it was loaded to until it is released, though the column shares others' offsets by then, or failed", async () => {
  const { cache } = automatic(2 ** 18);
  const offsets = { kind: "offsets", lists: ["Muon"], columns: ["pt", "eta", "phi"] } as const;
  (await cache.lease({ ...request("a", location("pt", lists)), signal: never })).release();
  const before = cache.usage.bytes;
  for (const [name, lengths] of [
    ["eta", oneEach],
    ["phi", oneEach.with(1, 0)],
  ] as const) {
    const [leased] = cache.leaseToLoad([request("a", location(name, lists))]);
    const { lease, missing } = leased!;
    const address = lease.address(offsets);
    offsetsAt(missing[0]!.place).set(lengths);
    missing[0]!.settle({ values: entries });
    const others: Lease[] = [];
    const takeRoom = () => cache.leaseHeld({ fingerprint: "a", inputs: [], workBytes: 1024 });
    for (let other = takeRoom(); other; other = takeRoom()) {
      others.push(other);
      const { work } = other;
      assert.ok(work.address + work.bytes <= address || work.address >= address + 4 * (entries + 1), `${name} is overwritten`);
    }
    assert.ok(others.length > 10);
    for (const each of [...others, lease]) each.release();
  }
  // Values of eta are left, and one copy of the offsets.
  assert.equal(cache.usage.bytes - before, taken(8 * entries));
});
