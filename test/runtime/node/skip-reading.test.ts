import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ColumnCache } from "../../../datasets/cache/column-cache.ts";
import type { Catalogue } from "../../../datasets/dataset.ts";
import { ParquetWriter } from "../../../datasets/parquet/encode-file.ts";
import type { Outcome } from "../../../functions/compute/executor.ts";
import { createExecutor } from "../../../runtime/node/executor.ts";
import { seeded } from "../../support/seeded.ts";
import { silent } from "../silent-log.ts";
import { axis, never, type Setup, setUp } from "./executor-for-test.ts";

const partitions = 6;
const eventsOfEach = 300;

/** Like ADL 5, but with the events of one run only: two muons of opposite charge and a mass near that of the Z. */
const pairs = "Muon.pairs().some((a, b) => a.charge != b.charge && (a + b).mass > 60 && (a + b).mass < 120)";
const ofRuns = (...filter: readonly string[]) => ({ filter: [...filter, pairs], histograms: { met: { axes: [axis("MET.pt")] } } });

describe("createSkipping", () => {
  let directory: string;
  let setup: Setup;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "femtoq-skip-"));
    await writeFile(join(directory, "runs.parquet"), Buffer.concat(sortedByRun()));
    setup = setUp(directory, { threads: 1, memory: 64 * 2 ** 20, pattern: join(directory, "runs.parquet") });
  });
  after(async () => {
    await setup.workers.close();
    await rm(directory, { recursive: true });
  });

  test("reads only the partitions whose runs can pass, and gives the bytes that reading all of them gives", async () => {
    const query = ofRuns("run >= 320 && run < 400");
    const [skipping, reading] = [await runAll(query, "skips"), await runAll(query, "reads")];
    assert.deepEqual(partialsOf(skipping), partialsOf(reading));
    assert.deepEqual(skippedOf(skipping), [true, true, true, false, true, true]);
    assert.deepEqual(skippedOf(reading), Array(partitions).fill(false));
    const [few, all] = [bytesOf(skipping), bytesOf(reading)];
    assert.deepEqual(few, [0, 0, 0, all[3], 0, 0]);
    assert(all.every((bytes) => bytes > 0));
  });

  test("reads what totals, weights and the filters before the impossible one need, and nothing else", async () => {
    const query = { ...ofRuns("MET.pt > 10", "!(run < 320 || run >= 400)"), weight: "w", totals: { sumw: "w" } };
    const [skipping, reading] = [await runAll(query, "skips"), await runAll(query, "reads")];
    assert.deepEqual(partialsOf(skipping), partialsOf(reading));
    const [few, all] = [bytesOf(skipping), bytesOf(reading)];
    assert(
      few.every((bytes, index) => bytes > 0 && (index === 3 ? bytes === all[3] : bytes < all[index]! / 2)),
      few.join(),
    );
  });

  test("runs the needed part of a program with the code that it compiled for other numbers", async (t) => {
    const query = (upper: number, cut: number) => ({ ...ofRuns(`MET.pt > ${cut}`, `run < ${upper}`), totals: { met: `MET.pt * ${cut}` } });
    const compiled = t.mock.method(WebAssembly, "compile");
    const first = await runAll(query(320, 10), "skips");
    const before = compiled.mock.callCount();
    assert(before > 0);
    const second = await runAll(query(330, 12), "skips");
    assert.equal(compiled.mock.callCount(), before);
    compiled.mock.restore();
    assert(skippedOf(first).includes(true) && skippedOf(second).includes(true));
    assert.deepEqual(partialsOf(second), partialsOf(await runAll(query(330, 12), "reads")));
  });

  test("skips one of the programs that are asked for together, and runs the other", async () => {
    const queries = [ofRuns("run > 1e9"), ofRuns("MET.pt > 10")];
    const both = await runAll(queries, "skips");
    const each = await Promise.all(queries.map((query) => runAll(query, "reads")));
    const mixed = partialsOf(each[0]!).flatMap((partial, index) => [partial, partialsOf(each[1]!)[index]]);
    assert.deepEqual(partialsOf(both), mixed);
    assert.deepEqual(
      skippedOf(both),
      Array.from({ length: 2 * partitions }, (_, index) => index % 2 === 0),
    );
  });

  /** Runs the queries with nothing in memory: for each program, one partition after another. */
  async function runAll(queries: object | readonly object[], how: "skips" | "reads"): Promise<readonly Outcome[]> {
    const { catalogue, workers, programs, task } = setup;
    const unknown: Catalogue = { ...catalogue, bounds: async () => ({ column: () => undefined }) };
    const cache = new ColumnCache({ slabs: setup.slabs, load: workers.load });
    const tasks = await Promise.all([queries].flat().map((query) => task(query, 0)));
    const executor = createExecutor({
      catalogue: how === "skips" ? catalogue : unknown,
      programs,
      cache,
      workers,
      threads: 1,
      log: silent,
    });
    const dataset = await catalogue.get("demo");
    const request = {
      programs: tasks.map(({ programKey }) => programKey),
      dataset: "demo",
      partitions: dataset!.partitions.map(({ index, fingerprint }) => ({ partition: index, fingerprint })),
    };
    return await executor.run(request, { signalOf: () => never });
  }
});

const partialsOf = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.kind === "partial" ? outcome.partial : assert.fail(outcome.cause)));
const timingsOf = (outcomes: readonly Outcome[]) =>
  outcomes.map((outcome) => (outcome.kind === "partial" ? outcome.timing! : assert.fail()));
const bytesOf = (outcomes: readonly Outcome[]) => timingsOf(outcomes).map(({ bytes }) => bytes);
const skippedOf = (outcomes: readonly Outcome[]) => timingsOf(outcomes).map(({ skipped = false }) => skipped);

/** Row groups of a hundred runs each. */
function sortedByRun(): readonly Uint8Array[] {
  const random = seeded(7);
  const groups = Array.from({ length: partitions }, (_, group) => {
    const offsets = new Uint32Array(eventsOfEach + 1);
    for (let event = 0; event < eventsOfEach; event++) offsets[event + 1] = offsets[event]! + random.below(4);
    const muons = offsets.at(-1)!;
    const of = (count: number, make: (index: number) => number) => Float32Array.from({ length: count }, (_, index) => make(index));
    return [
      { name: "run", values: Int32Array.from({ length: eventsOfEach }, (_, event) => 100 * group + Math.floor(event / 3)) },
      { name: "w", values: of(eventsOfEach, () => random.fraction() - 0.2) },
      { name: "MET_pt", values: of(eventsOfEach, () => 60 * random.fraction()) },
      { name: "Muon_pt", offsets, values: of(muons, () => 20 + 40 * random.fraction()) },
      { name: "Muon_eta", offsets, values: of(muons, () => 4 * random.fraction() - 2) },
      { name: "Muon_phi", offsets, values: of(muons, () => 6.2 * random.fraction() - 3.1) },
      { name: "Muon_mass", offsets, values: of(muons, () => 0.105) },
      { name: "Muon_charge", offsets, values: Int32Array.from({ length: muons }, () => (random.chance(0.5) ? 1 : -1)) },
    ];
  });
  const writer = new ParquetWriter(groups[0]!, "a test");
  return [writer.begin(), ...groups.flatMap((columns) => writer.addGroup(columns, eventsOfEach)), writer.end()];
}
