import assert from "node:assert/strict";
import { mkdir, mkdtemp, rename, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { ColumnCache } from "../../../datasets/cache/column-cache.ts";
import { createSlabs } from "../../../datasets/cache/slab.ts";
import { createCatalogue } from "../../../datasets/catalogue/catalogue.ts";
import { type Catalogue, DatasetError } from "../../../datasets/dataset.ts";
import { demoPath, demoPattern, writeDemoFile } from "../../../datasets/demo/write-demo-file.ts";
import { compileProgram } from "../../../engine/compile/compile-program.ts";
import { decodePartial } from "../../../engine/histogram/partial.ts";
import { programKey } from "../../../engine/program/program.ts";
import { planQuery } from "../../../engine/query/plan-query.ts";
import { readQuery } from "../../../engine/query/query.ts";
import type { ComputeTask } from "../../../functions/services.ts";
import { createExecutor, type LocalExecutor } from "../../../runtime/node/executor.ts";
import { ProgramCache } from "../../../runtime/node/program-cache.ts";
import { WorkerPool } from "../../../runtime/threads/worker-pool.ts";
import type { StoredProgram } from "../../../storage/store.ts";
import { silent } from "../silent-log.ts";

const never = new AbortController().signal;

interface Setup {
  readonly catalogue: Catalogue;
  readonly workers: WorkerPool;
  readonly executor: LocalExecutor;
  /** A program of the query over the dataset, known to the executor's store. */
  task(query: object, partition: number): Promise<ComputeTask>;
}

interface SetupOptions {
  readonly threads: number;
  readonly memory: number;
  /** Of the dataset's files, in the directory. */
  readonly pattern?: string;
}

function setUp(directory: string, options: SetupOptions): Setup {
  const slabs = createSlabs(options.memory);
  const workers = new WorkerPool({ threads: options.threads, memories: slabs.map(({ memory }) => memory), log: silent });
  const cache = new ColumnCache({ slabs, load: workers.load });
  const catalogue = createCatalogue([{ name: "demo", pattern: options.pattern ?? demoPattern(directory) }]);
  const stored = new Map<string, StoredProgram>();
  const programs = new ProgramCache({
    store: { getPrograms: async (keys) => new Map(keys.flatMap((key) => (stored.has(key) ? [[key, stored.get(key)!]] : []))) },
  });
  const executor = createExecutor({ catalogue, programs, cache, workers });
  return {
    catalogue,
    workers,
    executor,
    async task(query, partition) {
      const dataset = await catalogue.get("demo");
      const planned = planQuery(readQuery({ dataset: "demo", ...query }), dataset!.schema);
      const key = await programKey(planned.program);
      stored.set(key, { programKey: key, program: planned.program, module: compileProgram(planned.terms, dataset!.schema) });
      return { programKey: key, dataset: "demo", partition, fingerprint: dataset!.partitions[partition]!.fingerprint };
    },
  };
}

const axis = (value: string) => ({ type: "regular", bins: 50, lower: 0, upper: 100, value });
const met = { histograms: { met: { axes: [axis("MET.pt")] } } };
const muons = { filter: "Muon.length >= 2", histograms: { pt: { axes: [axis("Muon.pt")] } } };
const jets = { histograms: { pt: { axes: [axis("Jet.pt")] } } };
/** Takes a second or so. */
const slow = {
  histograms: Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => {
      const terms = Array.from({ length: 12 }, (_, k) => `sin(j.pt * ${i * 12 + k + 1}.5)`);
      return [`h${i}`, { axes: [axis(`Jet.map(j => ${terms.join(" + ")})`)] }];
    }),
  ),
};

/** The expected histogram of 50 bins from 0 to 100, flow bins included, filled one by one. */
function fill(values: readonly number[]): Float64Array {
  const cells = new Float64Array(52);
  for (const value of values) cells[value < 0 ? 0 : value >= 100 ? 51 : Math.floor(value * 0.5) + 1]!++;
  return cells;
}

describe("createExecutor", () => {
  let directory: string;
  let two: Setup;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "femtoq-executor-"));
    await Promise.all([writeDemoFile(directory, 0), writeDemoFile(directory, 1)]);
    two = setUp(directory, { threads: 2, memory: 64 * 2 ** 20 });
  });
  after(async () => {
    await two.workers.close();
    await rm(directory, { recursive: true });
  });

  test("gives the partial that plain JavaScript counts from the same file", async () => {
    const rows = await parquetReadObjects({
      file: await asyncBufferFromFile(demoPath(directory, 1)),
      columns: ["MET_pt", "Muon_pt"],
    });
    const of = async (query: object) => await decodePartial(await two.executor.run(await two.task(query, 1), { signal: never }));
    const metPartial = await of(met);
    assert.equal(metPartial.entries, rows.length);
    assert.deepEqual(dense(metPartial.histograms[0]!), fill(rows.map((row) => row.MET_pt)));
    const pairs = rows.filter((row) => row.Muon_pt.length >= 2);
    const muonPartial = await of(muons);
    assert.equal(muonPartial.filters[0]!.events, pairs.length);
    assert.deepEqual(dense(muonPartial.histograms[0]!), fill(pairs.flatMap((row) => row.Muon_pt)));
  });

  test("gives the same bytes from the files and from the cache, on one thread and on two", async () => {
    const one = setUp(directory, { threads: 1, memory: 64 * 2 ** 20 });
    try {
      const onOne = await one.executor.run(await one.task(muons, 0), { signal: never });
      const task = await two.task(muons, 0);
      assert.deepEqual(await two.executor.run(task, { signal: never }), onOne);
      assert.equal(two.executor.holds(task), true);
      assert.deepEqual(await two.executor.run(task, { signal: never }), onOne);
    } finally {
      await one.workers.close();
    }
  });

  test("reads a column anew where a file that came since gave it another type or missing values", async (t) => {
    const folder = join(directory, "widening");
    await mkdir(folder);
    const write = (name: string, data: readonly (number | null)[], type: "INT32" | "DOUBLE", nullable: boolean) => {
      const columnData = [{ name: "x", type, nullable, data: [...data] }];
      return writeFile(join(folder, name), new Uint8Array(parquetWriteBuffer({ columnData })));
    };
    const wide = setUp(directory, { threads: 1, memory: 2 ** 22, pattern: folder });
    t.after(() => wide.workers.close());
    const query = { histograms: { x: { axes: [axis("x")] } } };
    const first = [1, 3, 3, 70];
    await write("a.parquet", first, "INT32", false);
    const narrow = await wide.task(query, 0);
    const stages = [
      { write: () => Promise.resolve(), columns: { dtype: "int32", nullable: false } },
      { write: () => write("b.parquet", [5, null, 99], "INT32", true), columns: { dtype: "int32", nullable: true } },
      { write: () => write("c.parquet", [0.5, 6.25], "DOUBLE", false), columns: { dtype: "float64", nullable: true } },
    ];
    for (const stage of stages) {
      await stage.write();
      const { schema } = (await wide.catalogue.get("demo"))!;
      assert.deepEqual(schema.columns, [{ name: "x", ...stage.columns }]);
      const task = await wide.task(query, 0);
      assert.equal(wide.executor.holds(task), false);
      const partial = await decodePartial(await wide.executor.run(task, { signal: never }));
      assert.equal(wide.executor.holds(task), true);
      assert.deepEqual(dense(partial.histograms[0]!), fill(first));
    }
    // Planned before the first of them came.
    const partial = await decodePartial(await wide.executor.run(narrow, { signal: never }));
    assert.deepEqual(dense(partial.histograms[0]!), fill(first));
  });

  test("runs more subtasks at a time than fit into memory together, with the same results", async () => {
    const memory = 4 * 2 ** 20;
    const small = setUp(directory, { threads: 2, memory });
    try {
      const tasks = await Promise.all([0, 1].flatMap((partition) => [met, muons, jets].map((query) => small.task(query, partition))));
      const results = await Promise.all(tasks.map((task) => small.executor.run(task, { signal: never })));
      for (const [i, task] of tasks.entries()) {
        await two.task([met, muons, jets][i % 3]!, task.partition);
        assert.deepEqual(results[i], await two.executor.run(task, { signal: never }));
      }
    } finally {
      await small.workers.close();
    }
  });

  test("stops within 200 ms of an abort while a program runs, and is free for others", async () => {
    const task = await two.task(slow, 0);
    const started = performance.now();
    await two.executor.run(task, { signal: never });
    const whole = performance.now() - started;
    assert.ok(whole > 250, `the program takes ${whole} ms, too short to show anything`);
    const abort = new AbortController();
    let aborted = 0;
    const onRunning = () => {
      setTimeout(() => {
        aborted = performance.now();
        abort.abort(new Error("withdrawn"));
      }, 50);
    };
    await assert.rejects(two.executor.run(task, { signal: abort.signal, onRunning }), /withdrawn/);
    assert.ok(performance.now() - aborted < 200);
    await two.executor.run(await two.task(met, 0), { signal: never });
  });

  test("rejects with the reason of a signal that was aborted before", async () => {
    const run = two.executor.run(await two.task(met, 0), { signal: AbortSignal.abort(new Error("too late")) });
    await assert.rejects(run, /too late/);
  });

  test("refuses a program that the store does not have", async () => {
    const task = { ...(await two.task(met, 0)), programKey: "0".repeat(64) };
    await assert.rejects(two.executor.run(task, { signal: never }), /the store does not have it/);
  });

  test("refuses columns that can never fit, naming --memory", async () => {
    const small = setUp(directory, { threads: 1, memory: 2 ** 20 });
    try {
      const run = small.executor.run(await small.task(muons, 0), { signal: never });
      await assert.rejects(run, (error) => error instanceof DatasetError && error.permanent && /--memory/.test(error.message));
    } finally {
      await small.workers.close();
    }
  });

  test("finds a partition whose index moved, and refuses for good one whose file changed", async () => {
    const moved = await two.task(met, 1);
    const gone = await two.task(met, 0);
    await rename(demoPath(directory, 0), join(directory, "gone"));
    await two.executor.run(moved, { signal: never });
    const refused = (error: unknown) => error instanceof DatasetError && error.permanent && /submit it again/.test(error.message);
    await assert.rejects(two.executor.run({ ...gone, fingerprint: "f".repeat(64) }, { signal: never }), refused);
    const unread = await two.task({ histograms: { eta: { axes: [axis("Jet.eta")] } } }, 0);
    await utimes(demoPath(directory, 1), new Date(), new Date());
    // The first attempt sees the change while it reads, and may be tried again; the next knows that the partition is gone.
    await assert.rejects(two.executor.run(unread, { signal: never }), DatasetError);
    await assert.rejects(two.executor.run(unread, { signal: never }), refused);
  });
});

function dense({
  cells,
  values,
  filled,
}: {
  readonly cells: number;
  readonly values: Float64Array;
  readonly filled?: Float64Array;
}): Float64Array {
  if (!filled) return values;
  const all = new Float64Array(cells);
  filled.forEach((cell, at) => {
    all[cell] = values[at]!;
  });
  return all;
}
