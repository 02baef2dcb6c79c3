import assert from "node:assert/strict";
import { test } from "node:test";
import { subtaskKey } from "../../../../base/subtask-key.ts";
import { encodePartial } from "../../../../engine/histogram/partial.ts";
import { PartialSum } from "../../../../functions/dispatch/follow/partial-sum.ts";
import type { Services } from "../../../../functions/services.ts";
import type { StoredBody, StoredPlan, StoredQuery } from "../../../../storage/store.ts";
import { StoreError } from "../../../../storage/store-error.ts";
import { silent } from "../../../runtime/silent-log.ts";
import { until } from "../../../support/until.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));
const programOf = (bins: number) => ({
  filters: [],
  histograms: bins > 0 ? [{ axes: [{ type: "regular", bins, lower: 0, upper: 1 }], storage: "count" }] : [],
});
const query = { id: "q", planKey: "plan", query: { dataset: "d", priority: 500 }, created: 0 } as unknown as StoredQuery;

/** Opens a sum of this many partitions, with histograms of this many bins, over a store that calls `give` before it returns anything. */
async function openSum(partitions: number, { bins = 0, give = async () => {} }: { bins?: number; give?: () => Promise<void> } = {}) {
  const plan: StoredPlan = {
    planKey: "plan",
    programKey: "program",
    dataset: "d",
    partitions: Array.from({ length: partitions }, (_, index) => ({ index, fingerprint: `f${index}`, entries: 10, file: "f" })),
  };
  const cells = bins + 2;
  const counts = { storage: "count", fills: cells, nonFinite: 0, cells, contents: { values: new Float64Array(cells).fill(1) } } as const;
  const partial = await encodePartial({ entries: 10, filters: [], histograms: bins > 0 ? [counts] : [] });
  const looks: number[] = [];
  const stop = new AbortController();
  const merged: number[] = [];
  const damaged: number[] = [];
  let batches = 0;
  const lost = new Set<number>();
  const store = {
    async getPartials(keys: readonly string[]) {
      looks.push(keys.length);
      await give();
      const bodies = new Map<string, StoredBody>();
      for (const [place, { fingerprint }] of plan.partitions.entries()) {
        const key = subtaskKey(plan.programKey, fingerprint);
        if (keys.includes(key) && !lost.has(place)) bodies.set(key, { bytes: partial });
      }
      return bodies;
    },
  };
  const sum = new PartialSum({ plan, programs: [programOf(bins)] } as unknown as ConstructorParameters<typeof PartialSum>[0], {
    services: { store, log: silent } as unknown as Pick<Services, "store" | "log">,
    query,
    signal: stop.signal,
    onMerged: (place) => merged.push(place),
    onDamaged: (place) => damaged.push(place),
    onBatch: async () => void batches++,
  });
  return { sum, looks, merged, damaged, lost, stop, batches: () => batches };
}

const places = (count: number) => Array.from({ length: count }, (_, index) => index);
const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);

test("PartialSum merges what is added at whatever moment the last one ends", async () => {
  for (let later = 0; later < 20; later++) {
    const { sum, merged } = await openSum(2);
    sum.add({ place: 0, heard: undefined });
    for (let turn = 0; turn < later; turn++) await undefined;
    sum.add({ place: 1, heard: undefined });
    await until(() => merged.length === 2, `the second one, ${later} turns later`);
    assert.deepEqual(sorted(merged), [0, 1]);
    assert.equal(sum.read()[0]!.entries, 20);
  }
});

test("PartialSum reads many partials in one look-up, and one look-up at a time", async () => {
  let underWay = 0;
  const give = async () => {
    assert.equal(++underWay, 1);
    await settled();
    underWay--;
  };
  const { sum, merged, looks, batches } = await openSum(600, { give });
  for (const place of places(600)) sum.add({ place, heard: undefined });
  await until(() => merged.length === 600, "all");
  assert.deepEqual(looks, [256, 256, 88]);
  await settled();
  assert.equal(batches(), 3);
  assert.equal(sum.read()[0]!.entries, 6_000);
});

test("PartialSum reads no more partials together than are likely to have four megabytes", async () => {
  const { sum, merged, looks } = await openSum(20, { bins: 50_000 });
  for (const place of places(20)) sum.add({ place, heard: undefined });
  await until(() => merged.length === 20, "all");
  // Each partial has 400,016 bytes and a header.
  assert.deepEqual(looks, [9, 9, 2]);
});

test("PartialSum goes on with the others where a partial is not there", async () => {
  const { sum, merged, damaged, lost } = await openSum(10);
  lost.add(3);
  for (const place of places(10)) sum.add({ place, heard: undefined });
  await until(() => merged.length + damaged.length === 10, "all");
  assert.deepEqual([damaged, merged.length, sum.read()[0]!.entries], [[3], 9, 90]);
});

test("PartialSum asks again for what the store cannot give now, and calls damaged what it never will", async () => {
  let failures = 0;
  const away = await openSum(1, {
    give: async () => {
      if (failures++ === 0) throw new StoreError("unavailable", "not now");
    },
  });
  away.sum.add({ place: 0, heard: undefined });
  await until(() => away.merged.length === 1, "the second try");
  const broken = await openSum(1, { give: () => Promise.reject(new StoreError("damaged", "broken")) });
  broken.sum.add({ place: 0, heard: undefined });
  await until(() => broken.damaged.length === 1, "the end");
  assert.deepEqual(broken.looks, [1]);
});

test("PartialSum begins nothing any more once its signal aborts", async () => {
  const { sum, merged, looks, stop, batches } = await openSum(3, { give: async () => stop.abort() });
  for (const place of places(3)) sum.add({ place, heard: undefined });
  await settled();
  await settled();
  assert.deepEqual([looks, merged, batches()], [[3], [], 0]);
});
