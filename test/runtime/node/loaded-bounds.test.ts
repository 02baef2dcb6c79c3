/** Tests partitions of a file that states no bounds: bounds of columns that were loaded once tell which partitions need not be read. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ColumnCache } from "../../../datasets/cache/column-cache.ts";
import { LoadedBounds } from "../../../datasets/cache/loaded-bounds.ts";
import { StoredBounds } from "../../../datasets/cache/stored-bounds.ts";
import type { Catalogue } from "../../../datasets/dataset.ts";
import type { Outcome } from "../../../functions/compute/executor.ts";
import { createExecutor } from "../../../runtime/node/executor.ts";
import { openStore } from "../../../storage/embedded/embedded-store.ts";
import { makeTemporaryDirectory } from "../../storage/temporary-directory.ts";
import { seeded } from "../../support/seeded.ts";
import { silent } from "../silent-log.ts";
import { axis, never, type Setup, setUp } from "./executor-for-test.ts";

/** Six partitions of a hundred runs each, of which 60 have events. */
const pattern = fileURLToPath(new URL("../../datasets/root/files/runs.root", import.meta.url));
const options = { threads: 1, memory: 64 * 2 ** 20, pattern, partitionEvents: 60 };
const ofRuns = (...filter: readonly string[]) => ({ filter, histograms: { met: { axes: [axis("MET_pt")] } } });

describe("LoadedBounds", () => {
  let setup: Setup;
  let bounds: LoadedBounds;
  before(() => {
    bounds = new LoadedBounds();
    setup = setUp(".", { ...options, bounds });
  });
  after(() => setup.workers.close());

  test("skips partitions of a ROOT file by what was loaded before, in memory or not any more, and gives the bytes that reading all of them gives", async () => {
    const { catalogue } = setup;
    const first = await runAll(ofRuns("run >= 320 && run < 360"), catalogue);
    assert.deepEqual(skippedOf(first), Array(6).fill(false));
    assert.equal(bounds.size, 12);
    const second = ofRuns("run >= 250 && run < 310 && MET_pt < 50", "Jet_pt.length > 0");
    const [skipping, reading] = [await runAll(second, catalogue), await runAll(second, knowingNothing())];
    assert.deepEqual(skippedOf(skipping), [true, true, false, false, true, true]);
    assert.deepEqual(skippedOf(reading), Array(6).fill(false));
    assert.deepEqual(partialsOf(skipping), partialsOf(reading));
  });

  test("gives the bytes that reading gives whatever the filters, weights and totals are", async () => {
    const random = seeded(5);
    await runAll(ofRuns("run > 0", "weight > -9", "Jet_pt.sum() >= 0"), knowingNothing());
    let skipped = 0;
    const cut = () => {
      const [low, high] = [random.below(600), random.below(600)].sort((a, b) => a - b);
      return random.pick([
        `run >= ${low} && run < ${high}`,
        `!(run < ${low} || run * 2 >= ${2 * high})`,
        `Jet_pt.some(pt => pt > ${low / 4})`,
        `Jet_pt.filter(pt => pt > ${low / 4}).length > ${random.below(2)}`,
        `abs(run - ${low}) < ${random.below(200)}`,
        `weight < ${random.fraction() - 0.3}`,
        `run == ${low} || MET_pt > ${random.below(80)}`,
      ]);
    };
    for (let round = 0; round < 25; round++) {
      const query = {
        ...ofRuns(...Array.from({ length: 1 + random.below(2) }, cut)),
        ...(random.chance(0.5) && { weight: "weight" }),
        ...(random.chance(0.3) && { totals: { sum: "weight * MET_pt" } }),
      };
      const [skipping, reading] = [await runAll(query, setup.catalogue), await runAll(query, knowingNothing())];
      assert.deepEqual(partialsOf(skipping), partialsOf(reading), JSON.stringify(query));
      skipped += skippedOf(skipping).filter((each) => each).length;
    }
    assert(skipped > 25, `${skipped} partitions were skipped`);
  });

  test("skips partitions in the first query after a restart by what was loaded before it, and gives the bytes that reading all of them gives", async (t) => {
    const directory = await makeTemporaryDirectory(t);
    /** The outcomes of one query in a process of its own. */
    async function afterStart(query: object): Promise<readonly Outcome[]> {
      const store = await openStore({ directory });
      const stored = new StoredBounds(store, silent);
      const started = setUp(".", { ...options, bounds: new LoadedBounds(stored) });
      try {
        return await runAll(query, started.catalogue, started);
      } finally {
        await started.workers.close();
        await stored.close();
        await store.close();
      }
    }
    assert.deepEqual(skippedOf(await afterStart(ofRuns("run >= 320 && run < 360"))), Array(6).fill(false));
    const second = ofRuns("run >= 250 && run < 310", "MET_pt < 50");
    const skipping = await afterStart(second);
    assert.deepEqual(skippedOf(skipping), [true, true, false, false, true, true]);
    assert.deepEqual(partialsOf(skipping), partialsOf(await runAll(second, knowingNothing())));
  });

  test("keeps a bounded number of columns, and those that are asked for longest", () => {
    const known = new LoadedBounds();
    const one = { low: 1, high: 2, nan: false, missing: false };
    for (let partition = 0; partition < 51_000; partition++) {
      known.note(`${partition}`, "a", one);
      known.note(`${partition}`, "b", { ...one, nan: true });
      known.of("7");
    }
    assert(known.size <= 100_000);
    assert.equal(known.of("0"), undefined);
    assert.deepEqual([...known.of("7")!.keys()], ["a", "b"]);
    assert.deepEqual(known.of("50999")!.get("b"), { ...one, nan: true });
  });

  const knowingNothing = (): Catalogue => ({ ...setup.catalogue, bounds: async () => ({ column: () => undefined }) });

  /** Runs the query on one partition after another, with nothing in memory. */
  async function runAll(query: object, catalogue: Catalogue, own: Setup = setup): Promise<readonly Outcome[]> {
    const { workers, programs, task, slabs } = own;
    const cache = new ColumnCache({ slabs, load: workers.load });
    const { programKey } = await task(query, 0);
    const executor = createExecutor({ catalogue, programs, cache, workers, threads: 1, log: silent });
    const dataset = await catalogue.get("demo");
    const partitions = dataset!.partitions.map(({ index, fingerprint }) => ({ partition: index, fingerprint }));
    return await executor.run({ programs: [programKey], dataset: "demo", partitions }, { signalOf: () => never });
  }
});

const partialsOf = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.kind === "partial" ? outcome.partial : assert.fail(outcome.cause)));
const skippedOf = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.kind === "partial" ? outcome.timing?.skipped === true : assert.fail(outcome.cause)));
