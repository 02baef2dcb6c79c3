/** Tests leases of columns that are already in memory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Input } from "../../../engine/program/inputs.ts";
import { automatic, location, manual, never, settle, values } from "./cache-for-test.ts";

const request = (...inputs: readonly (readonly Input[])[]) => ({ fingerprint: "f", inputs, workBytes: 100 });

test("ColumnCache.leaseHeld gives at once what is in memory, at the addresses at which others have it, in a work area of its own", async () => {
  const { cache } = automatic(2 ** 20);
  const columns = [location("a"), location("b"), location("Jet_pt", { lists: ["Jet"] })];
  const lease = await cache.lease({ fingerprint: "f", columns, workBytes: 16, signal: never });
  const offsets: Input = { kind: "offsets", lists: ["Jet"], columns: ["Jet_eta", "Jet_pt"] };
  const held = cache.leaseHeld(request([values("a")], [offsets, values("a")]));
  assert(held);
  for (const input of [values("a"), offsets]) assert.equal(held.address(input), lease.address(input));
  assert.notEqual(held.work.address, lease.work.address);
  assert.deepEqual([held.columns, held.loaded.columns], [2, 0]);
});

test("ColumnCache.leaseHeld gives nothing where a column is not there, is on its way, or has another form", async () => {
  const { cache, loads } = manual(2 ** 20);
  assert.equal(cache.leaseHeld(request([values("a")])), undefined);
  const leasing = cache.lease({ fingerprint: "f", columns: [location("a")], workBytes: 16, signal: never });
  assert.equal(cache.leaseHeld(request([values("a")])), undefined);
  loads[0]!.finish();
  await leasing;
  assert(cache.leaseHeld(request([values("a")])));
  assert.equal(cache.leaseHeld(request([values("a")], [values("b")])), undefined);
  assert.equal(cache.leaseHeld(request([{ ...values("a"), dtype: "float32" }])), undefined);
  assert.equal(cache.leaseHeld(request([values("a"), { kind: "valid", column: "a", lists: [] }])), undefined);
});

test("ColumnCache.leaseHeld gives nothing where programs read a column in two forms", async () => {
  const { cache } = automatic(2 ** 20);
  for (const form of [{}, { dtype: "float32" }] as const)
    (await cache.lease({ fingerprint: "f", columns: [location("a", form)], workBytes: 16, signal: never })).release();
  assert(cache.leaseHeld(request([values("a")])));
  assert.equal(cache.leaseHeld(request([values("a")], [{ ...values("a"), dtype: "float32" }])), undefined);
});

test("ColumnCache.leaseHeld keeps its columns where they are until it is released, and gives its work area back then", async () => {
  const { cache, counts } = automatic(2 ** 16);
  (await cache.lease({ fingerprint: "f", columns: [location("a")], workBytes: 16, signal: never })).release();
  const { bytes } = cache.usage;
  cache.leaseHeld(request([values("a")]))!.release();
  assert.equal(cache.usage.bytes, bytes);
  const held = cache.leaseHeld(request([values("a")]))!;
  const other = { fingerprint: "g", columns: [location("b")], workBytes: 55_000, signal: never };
  const waiting = cache.lease(other);
  await settle();
  assert.equal(counts.get("b"), undefined, "there is no room for it beside what is held");
  assert.equal(cache.leaseHeld(request([values("a")])), undefined, "another waits for room");
  held.release();
  await waiting;
  assert(!cache.holdsNamed("f", ["a"]));
});
