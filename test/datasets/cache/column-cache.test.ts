import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Load, Place } from "../../../datasets/cache/cached-column.ts";
import { ColumnCache, type Lease } from "../../../datasets/cache/column-cache.ts";
import { createSlabs } from "../../../datasets/cache/slab.ts";
import { type ColumnLocation, DatasetError } from "../../../datasets/dataset.ts";
import type { Input } from "../../../engine/program/inputs.ts";
import type { Column } from "../../../engine/program/schema.ts";

const entries = 1000;
const never = new AbortController().signal;

function location(name: string, form: Partial<Column> = {}, values = entries): ColumnLocation {
  const column = { name, dtype: "float64" as const, nullable: false, lists: [], ...form };
  return {
    file: { path: "/data/run.parquet", size: 1, version: "1" },
    format: "none",
    column,
    firstEntry: 0,
    entries,
    elements: column.lists.map(() => values),
    values,
    place: undefined,
  };
}

interface PendingLoad {
  readonly name: string;
  readonly place: Place;
  finish(values?: number): void;
  fail(error: Error): void;
}

/** A cache whose loads the test finishes by hand. */
function manual(limit: number, options: { readonly largest?: number } = {}) {
  const loads: PendingLoad[] = [];
  const abandoned: string[] = [];
  const load: Load = ({ column, values: most }, place, signal) => {
    signal.addEventListener("abort", () => abandoned.push(column.name));
    let finish = (_: number) => {};
    let fail = (_: unknown) => {};
    const done = new Promise<number>((resolve, reject) => {
      finish = resolve;
      fail = reject;
    });
    loads.push({ name: column.name, place, finish: (values = most) => finish(values), fail });
    return done.then((values) => ({ values }));
  };
  return { cache: new ColumnCache({ slabs: createSlabs(limit, options), load }), loads, abandoned };
}

/** A cache whose loads fill their column with `fill` and, for a list column, lists of one element. */
function automatic(limit: number, options: { readonly largest?: number } = {}) {
  const counts = new Map<string, number>();
  const load: Load = ({ column }, place) => {
    counts.set(column.name, (counts.get(column.name) ?? 0) + 1);
    if (place.offsets.length > 0) offsetsAt(place).set(oneEach);
    return Promise.resolve({ values: entries });
  };
  return { cache: new ColumnCache({ slabs: createSlabs(limit, options), load }), counts };
}

const values = (column: string) => ({ kind: "values", column, dtype: "float64", lists: [] }) as const;
const oneEach = Uint32Array.from({ length: entries + 1 }, (_, i) => i);
const offsetsAt = (place: Place) => new Uint32Array(place.slab.memory.buffer, place.offsets[0].address, entries + 1);
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("ColumnCache", () => {
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
    await assert.rejects(
      cache.lease(request),
      (error) => error instanceof DatasetError && error.permanent && /--memory/.test(error.message),
    );
    assert.equal(cache.usage.bytes, 0);
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

  test("keeps a list's offsets once and gives back what was reserved too much", async () => {
    const { cache } = automatic(2 ** 20);
    const muon = (name: string) => location(name, { lists: ["Muon"] }, 2 * entries);
    const lease = await cache.lease({ fingerprint: "f", columns: [muon("Muon_pt"), muon("Muon_eta")], workBytes: 16, signal: never });
    const address = lease.address({ kind: "offsets", lists: ["Muon"], columns: ["Muon_pt", "Muon_eta"] });
    const offsets = new Uint32Array(lease.slab.memory.buffer, address, entries + 1);
    assert.equal(offsets[entries], entries);
    const block = (bytes: number) => Math.ceil((bytes + 16) / 16) * 16;
    assert.equal(cache.usage.bytes, block(16) + 2 * block(entries * 8) + block((entries + 1) * 4));
    lease.release();
  });

  test("keeps the offsets of lists in lists level by level, each once for all columns that stand in it", async () => {
    const { cache, loads } = manual(2 ** 20);
    const lists = ["Jet", "Jet.hits"];
    const columns = [location("Jet_pt", { lists: ["Jet"] }, 2 * entries), location("Jet_hits", { lists }, 3 * entries)];
    const pending = cache.lease({ fingerprint: "f", columns, workBytes: 16, signal: never });
    const twoEach = Uint32Array.from({ length: entries + 1 }, (_, i) => 2 * i);
    for (const { place, finish } of loads) {
      const view = (level: number, length: number) => new Uint32Array(place.slab.memory.buffer, place.offsets[level]!.address, length);
      view(0, entries + 1).set(twoEach);
      if (place.offsets.length > 1)
        view(1, 2 * entries + 1).set(Uint32Array.from({ length: 2 * entries + 1 }, (_, i) => Math.floor(i / 2)));
      finish(place.offsets.length > 1 ? entries : 2 * entries);
    }
    const lease = await pending;
    const read = (path: readonly string[], length: number) =>
      new Uint32Array(lease.slab.memory.buffer, lease.address({ kind: "offsets", lists: path, columns: ["Jet_hits"] }), length);
    assert.equal(read(["Jet"], entries + 1)[entries], 2 * entries);
    assert.equal(read(lists, 2 * entries + 1)[2 * entries], entries);
    const block = (bytes: number) => Math.ceil((bytes + 16) / 16) * 16;
    const offsets = block((entries + 1) * 4) + block((2 * entries + 1) * 4);
    assert.equal(cache.usage.bytes, block(16) + block(2 * entries * 8) + block(entries * 8) + offsets);
    lease.release();
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

  test("refuses columns of one collection whose lists differ, naming both", async () => {
    const { cache, loads } = manual(2 ** 20);
    const muon = (name: string) => location(name, { lists: ["Muon"] });
    const lease = cache.lease({ fingerprint: "f", columns: [muon("Muon_pt"), muon("Muon_eta")], workBytes: 16, signal: never });
    loads.forEach(({ place, finish }, which) => {
      offsetsAt(place).set(oneEach);
      if (which === 1) offsetsAt(place)[7] = 6;
      finish();
    });
    await assert.rejects(
      lease,
      (error) => error instanceof DatasetError && error.permanent && /Muon_pt and Muon_eta.*entry 6.*run\.parquet/.test(error.message),
    );
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
});
