import assert from "node:assert/strict";
import { test } from "node:test";
import type { Load, Place } from "../../../datasets/cache/cached-column.ts";
import { ColumnCache } from "../../../datasets/cache/column-cache.ts";
import { createSlabs, taken } from "../../../datasets/cache/slab.ts";
import { DatasetError } from "../../../datasets/dataset.ts";
import { automatic, entries, location, manual, never, offsetsAt, oneEach } from "./cache-for-test.ts";

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
    if (place.offsets.length > 1) view(1, 2 * entries + 1).set(Uint32Array.from({ length: 2 * entries + 1 }, (_, i) => Math.floor(i / 2)));
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

test("takes the offsets of a column that was loaded with it for its own, unless that column is refused", async () => {
  const cacheOf = (other: Uint32Array) => {
    const places: Place[] = [];
    const load: Load = (columns) =>
      columns.map(async ({ location: { column }, place }) => {
        places.push(place);
        if (column.name === "Muon_pt") offsetsAt(place).set(oneEach);
        if (column.name === "Muon_eta") offsetsAt(place).set(other);
        // The column's own offsets are not read, since it says that its offsets are another column's.
        if (column.name === "Muon_phi") return { values: entries, offsets: places[1]!.offsets };
        return { values: entries };
      });
    return new ColumnCache({ slabs: createSlabs(2 ** 20), load });
  };
  const columns = ["Muon_pt", "Muon_eta", "Muon_phi"].map((name) => location(name, { lists: ["Muon"] }));
  const request = { fingerprint: "p", columns, workBytes: 16, signal: never };
  const cache = cacheOf(oneEach);
  const lease = await cache.lease(request);
  assert.equal(cache.usage.bytes, taken(16) + 3 * taken(entries * 8) + taken((entries + 1) * 4));
  lease.release();
  const others = oneEach.map((start, at) => (at === 7 ? start - 1 : start));
  await assert.rejects(cacheOf(others).lease(request), /Muon_pt and Muon_eta as one list Muon: their lengths differ/);
});
