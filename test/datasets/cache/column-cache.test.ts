import assert from "node:assert/strict";
import { test } from "node:test";
import type { Load } from "../../../datasets/cache/cached-column.ts";
import { ColumnCache } from "../../../datasets/cache/column-cache.ts";
import { createSlabs, taken } from "../../../datasets/cache/slab.ts";
import { DatasetError } from "../../../datasets/dataset.ts";
import { mostStringBytes } from "../../../engine/program/dictionary.ts";
import type { Input } from "../../../engine/program/inputs.ts";
import type { Column } from "../../../engine/program/schema.ts";
import { automatic, entries, location, manual, never, type PendingLoad, settle, values } from "./cache-for-test.ts";

test("loads a column once for leases that want it at the same time", async () => {
  const { cache, loads } = manual(2 ** 20);
  const request = { fingerprint: "f", columns: [location("MET_pt")], workBytes: 100, signal: never };
  const both = Promise.all([cache.lease(request), cache.lease(request)]);
  assert.equal(loads.length, 1);
  loads[0]!.finish();
  const [one, two] = await both;
  assert.equal(one.address(values("MET_pt")), two.address(values("MET_pt")));
  assert.notEqual(one.work.address, two.work.address);
});

test("frees what a failed load took, and the next lease loads again", async () => {
  const { cache, loads } = manual(2 ** 20);
  const request = { fingerprint: "f", columns: [location("a"), location("b")], workBytes: 16, signal: never };
  const failed = cache.lease(request);
  loads[0]!.fail(new DatasetError("unreadable", { permanent: false }));
  await assert.rejects(failed, /unreadable/);
  loads[1]!.finish();
  await settle();
  const again = cache.lease({ ...request, columns: [location("a")] });
  assert.equal(loads.length, 3);
  loads[2]!.finish();
  (await again).release();
});

test("stops a load that nobody waits for any more, keeps its memory until it has stopped, and loads anew for who comes meanwhile", async () => {
  for (const end of [(load: PendingLoad) => load.fail(new Error("stopped")), (load: PendingLoad) => load.finish()]) {
    const { cache, loads, abandoned } = manual(2 ** 20);
    const abort = new AbortController();
    const request = { fingerprint: "f", columns: [location("a")], workBytes: 16, signal: abort.signal };
    const [one, two] = [cache.lease(request), cache.lease(request)];
    await settle();
    const before = cache.usage.bytes;
    abort.abort(new Error("withdrawn"));
    await assert.rejects(one, /withdrawn/);
    await assert.rejects(two, /withdrawn/);
    assert.deepEqual(abandoned, ["a"]);
    assert(cache.usage.bytes > before / 2, "the thread still writes there");
    const next = cache.lease({ ...request, signal: never });
    assert.equal(loads.length, 2);
    end(loads[0]!);
    loads[1]!.finish();
    const lease = await next;
    assert.notEqual(lease.address(values("a")), loads[0]!.place.values.address);
    const { bytes } = cache.usage;
    lease.release();
    assert.equal(bytes, 32 + Math.ceil((entries * 8 + 16) / 16) * 16, "the work area and one column");
    assert.deepEqual(abandoned, ["a"]);
  }
});

test("does not stop a load that somebody waits for still", async () => {
  const { cache, loads, abandoned } = manual(2 ** 20);
  const abort = new AbortController();
  const request = { fingerprint: "f", columns: [location("a")], workBytes: 16, signal: never };
  const aborted = cache.lease({ ...request, signal: abort.signal });
  const waiting = cache.lease(request);
  await settle();
  abort.abort(new Error("withdrawn"));
  await assert.rejects(aborted, /withdrawn/);
  loads[0]!.finish();
  (await waiting).release();
  assert.deepEqual([abandoned, loads.length], [[], 1]);
});

test("loads a column beside the one of its name that has another type, list or no missing values", async () => {
  const { cache, counts } = automatic(2 ** 20);
  const forms: readonly Partial<Column>[] = [{}, { dtype: "float32" }, { nullable: true }, { lists: ["x"] }];
  for (const [before, form] of forms.entries()) {
    const dtype = form.dtype ?? "float64";
    const of = { column: "x", lists: form.lists ?? [] };
    const inputs: Input[] = [{ kind: "values", dtype, ...of }, ...(form.nullable ? [{ kind: "valid", ...of } as const] : [])];
    assert.equal(cache.holds("f", inputs), false);
    const request = { fingerprint: "f", columns: [location("x", form)], workBytes: 16, signal: never };
    const lease = await cache.lease(request);
    assert.equal(cache.holds("f", inputs), true);
    assert.equal(new Set(inputs.map((input) => lease.address(input))).size, inputs.length);
    (await cache.lease(request)).release();
    lease.release();
    assert.equal(counts.get("x"), before + 1);
  }
});

test("reserves room for any dictionary of a string column, and keeps what its strings take", async () => {
  const dictionary = 20;
  const load: Load = (columns) =>
    columns.map(async ({ place }) => {
      assert(place.strings!.bytes > mostStringBytes);
      return { values: entries, stringBytes: dictionary };
    });
  const cache = new ColumnCache({ slabs: createSlabs(2 ** 22), load });
  const request = { fingerprint: "f", columns: [location("kind", { dtype: "string" })], workBytes: 16, signal: never };
  const lease = await cache.lease(request);
  const of = { column: "kind", lists: [] };
  const inputs: readonly Input[] = [
    { kind: "values", dtype: "string", ...of },
    { kind: "strings", ...of },
  ];
  assert.equal(cache.holds("f", inputs), true);
  assert.equal(new Set(inputs.map((input) => lease.address(input))).size, 2);
  lease.release();
  assert.equal(cache.usage.bytes, taken(4 * entries) + taken(dictionary));
});

test("gives nothing of a spoilt slab to later leases, and tells those that have columns of it", async () => {
  const { cache, counts } = automatic(2 ** 16);
  const lease = (name: string) => cache.lease({ fingerprint: name, columns: [location(name)], workBytes: 16, signal: never });
  (await lease("idle")).release();
  const held = await lease("held");
  assert.equal(held.isSpoilt(), false);
  cache.spoil(held.slab);
  assert.equal(held.isSpoilt(), true);
  const anew = [await lease("idle"), await lease("held")];
  assert.deepEqual(
    anew.map(({ isSpoilt }) => isSpoilt()),
    [false, false],
  );
  assert.deepEqual([counts.get("idle"), counts.get("held")], [2, 2]);
  held.release();
  for (const each of anew) each.release();
  assert.equal(cache.holds("held", [values("held")]), true);
  cache.spoil(held.slab);
  assert.equal(cache.usage.bytes, 0);
});
