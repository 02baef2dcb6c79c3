import assert from "node:assert/strict";
import { mkdir, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { ColumnCache } from "../../../datasets/cache/column-cache.ts";
import { createSlabs } from "../../../datasets/cache/slab.ts";
import type { Catalogue } from "../../../datasets/dataset.ts";
import { demoPath } from "../../../datasets/demo/write-demo-file.ts";
import { decodePartial } from "../../../engine/histogram/partial.ts";
import { createExecutor } from "../../../runtime/node/executor.ts";
import { ProgramCache } from "../../../runtime/node/program-cache.ts";
import { StoreError } from "../../../storage/store-error.ts";
import { silent } from "../silent-log.ts";
import { axis, dense, fill, jets, met, muons, NoPartial, never, setUp, setUpTwo, slow } from "./executor-for-test.ts";

describe("createExecutor", () => {
  const demo = setUpTwo();

  test("gives the partial that plain JavaScript counts from the same file", async () => {
    const rows = await parquetReadObjects({
      file: await asyncBufferFromFile(demoPath(demo.directory, 1)),
      columns: ["MET_pt", "Muon_pt"],
    });
    const of = async (query: object) => await decodePartial(await demo.two.run(await demo.two.task(query, 1)));
    const metPartial = await of(met);
    assert.equal(metPartial.entries, rows.length);
    assert.deepEqual(dense(metPartial.histograms[0]!), fill(rows.map((row) => row.MET_pt)));
    const pairs = rows.filter((row) => row.Muon_pt.length >= 2);
    const muonPartial = await of(muons);
    assert.equal(muonPartial.filters[0]!.events, pairs.length);
    assert.deepEqual(dense(muonPartial.histograms[0]!), fill(pairs.flatMap((row) => row.Muon_pt)));
  });

  test("gives the same bytes from the files and from the cache, on one thread and on two", async () => {
    const one = setUp(demo.directory, { threads: 1, memory: 64 * 2 ** 20 });
    try {
      const onOne = await one.run(await one.task(muons, 0));
      const task = await demo.two.task(muons, 0);
      assert.deepEqual(await demo.two.run(task), onOne);
      assert.equal(demo.two.executor.holds(task), true);
      assert.deepEqual(await demo.two.run(task), onOne);
    } finally {
      await one.workers.close();
    }
  });

  test("looks at no file for a partition whose columns are in memory, and gives the same bytes", async () => {
    const { catalogue, workers, slabs, programs } = demo.two;
    let located = 0;
    const counting: Catalogue = {
      ...catalogue,
      locate: (...place) => {
        located++;
        return catalogue.locate(...place);
      },
    };
    const cache = new ColumnCache({ slabs, load: workers.load });
    const executor = createExecutor({ catalogue: counting, programs, cache, workers, threads: 1, log: silent });
    const { programKey, dataset, ...partition } = await demo.two.task(muons, 1);
    const run = () => executor.run({ programs: [programKey], dataset, partitions: [partition] }, { signalOf: () => never });
    const partialOf = async () => (await run()).map((outcome) => (outcome.kind === "partial" ? outcome.partial : outcome));
    const first = await partialOf();
    const before = located;
    assert.deepEqual(await partialOf(), first);
    assert.deepEqual([before > 0, located], [true, before]);
  });

  test("runs a program in the form that it has now where a file that came since gave a column another type or missing values", async (t) => {
    const folder = join(demo.directory, "widening");
    await mkdir(folder);
    const write = (name: string, data: readonly (number | null)[], type: "INT32" | "DOUBLE", nullable: boolean) => {
      const columnData = [{ name: "x", type, nullable, data: [...data] }];
      return writeFile(join(folder, name), new Uint8Array(parquetWriteBuffer({ columnData })));
    };
    const wide = setUp(demo.directory, { threads: 1, memory: 2 ** 22, pattern: folder });
    t.after(() => wide.workers.close());
    const query = { histograms: { x: { axes: [axis("x")] } } };
    const first = [1, 3, 3, 70];
    await write("a.parquet", first, "INT32", false);
    const narrow = await wide.task(query, 0);
    const stages = [
      { write: () => Promise.resolve(), values: first, columns: { dtype: "int32", nullable: false } },
      { write: () => write("b.parquet", [5, null, 99], "INT32", true), values: [5, 99], columns: { dtype: "int32", nullable: true } },
      { write: () => write("c.parquet", [0.5, 6.25], "DOUBLE", false), values: [0.5, 6.25], columns: { dtype: "float64", nullable: true } },
    ];
    for (const [partition, stage] of stages.entries()) {
      await stage.write();
      const { schema } = (await wide.catalogue.get("demo"))!;
      assert.deepEqual(schema.columns, [{ name: "x", lists: [], ...stage.columns }]);
      const task = await wide.task(query, partition);
      assert.equal(task.programKey, narrow.programKey);
      assert.equal(wide.executor.holds(task), false);
      const partial = await decodePartial(await wide.run(task));
      assert.equal(wide.executor.holds(task), true);
      assert.deepEqual(dense(partial.histograms[0]!), fill(stage.values));
    }
    // Planned before the others came.
    const partial = await decodePartial(await wide.run(narrow));
    assert.deepEqual(dense(partial.histograms[0]!), fill(first));
  });

  test("runs more subtasks at a time than fit into memory together, with the same results", async () => {
    const memory = 4 * 2 ** 20;
    const small = setUp(demo.directory, { threads: 2, memory });
    try {
      const tasks = await Promise.all([0, 1].flatMap((partition) => [met, muons, jets].map((query) => small.task(query, partition))));
      const results = await Promise.all(tasks.map((task) => small.run(task)));
      for (const [i, task] of tasks.entries()) {
        await demo.two.task([met, muons, jets][i % 3]!, task.partition);
        assert.deepEqual(results[i], await demo.two.run(task));
      }
    } finally {
      await small.workers.close();
    }
  });

  test("stops soon after an abort while a program runs, and is free for others", async () => {
    const task = await demo.two.task(slow, 0);
    const started = performance.now();
    await demo.two.run(task);
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
    await assert.rejects(demo.two.run(task, { signal: abort.signal, onRunning }), /withdrawn/);
    // The limit is relative instead of 200 ms, since a busy machine takes longer for everything.
    assert.ok(performance.now() - aborted < whole / 2);
    await demo.two.run(await demo.two.task(met, 0));
  });

  test("gives up when aborted though the store or the catalogue does not answer, and looks at no file for that", async () => {
    const dataset = (await demo.two.catalogue.get("demo"))!;
    let looks = 0;
    const look = async () => {
      looks++;
      return dataset;
    };
    const hanging = new Promise<never>(() => {});
    const catalogue: Catalogue = { ...demo.two.catalogue, get: look, locate: () => hanging };
    const silentStore = new ProgramCache({ store: { getPrograms: () => hanging } });
    const task = await demo.two.task(met, 0);
    for (const programs of [silentStore, demo.two.programs]) {
      const cache = new ColumnCache({ slabs: createSlabs(2 ** 22), load: demo.two.workers.load });
      const executor = createExecutor({ catalogue, programs, cache, workers: demo.two.workers, threads: 1, log: silent });
      const { programKey, ...partition } = task;
      const request = { programs: [programKey], dataset: "demo", partitions: [partition] };
      for (let time = 0; time < 3; time++) {
        const abort = new AbortController();
        const running = executor.run(request, { signalOf: () => abort.signal });
        await new Promise((resolve) => setTimeout(resolve, 10));
        abort.abort(new Error("withdrawn"));
        assert.deepEqual(await running, [{ kind: "undone", cause: "withdrawn" }]);
      }
    }
    assert.equal(looks, 1, "an abort made the node look at its files again");
  });

  test("rejects where the store is away: that is not the fault of what was asked for", async () => {
    const programs = new ProgramCache({ store: { getPrograms: () => Promise.reject(new StoreError("unavailable", "no connection")) } });
    const cache = new ColumnCache({ slabs: createSlabs(2 ** 22), load: demo.two.workers.load });
    const executor = createExecutor({ catalogue: demo.two.catalogue, programs, cache, workers: demo.two.workers, threads: 1, log: silent });
    const { programKey, ...partition } = await demo.two.task(met, 0);
    const request = { programs: [programKey], dataset: "demo", partitions: [partition] };
    await assert.rejects(executor.run(request, { signalOf: () => never }), /no connection/);
  });

  test("rejects with the reason of a signal that was aborted before", async () => {
    const run = demo.two.run(await demo.two.task(met, 0), { signal: AbortSignal.abort(new Error("too late")) });
    await assert.rejects(run, /too late/);
  });

  test("refuses a program that the store does not have", async () => {
    const task = { ...(await demo.two.task(met, 0)), programKey: "0".repeat(64) };
    await assert.rejects(demo.two.run(task), /the store does not have it/);
  });

  test("refuses columns that can never fit, naming --memory", async () => {
    const small = setUp(demo.directory, { threads: 1, memory: 2 ** 20 });
    try {
      const run = small.run(await small.task(muons, 0));
      await assert.rejects(run, (error) => error instanceof NoPartial && error.permanent === true && /--memory/.test(error.message));
    } finally {
      await small.workers.close();
    }
  });

  test("finds a partition whose index moved, and refuses for good one whose file changed", async () => {
    const moved = await demo.two.task(met, 1);
    const gone = await demo.two.task(met, 0);
    await rename(demoPath(demo.directory, 0), join(demo.directory, "gone"));
    await demo.two.run(moved);
    const refused = (error: unknown) => error instanceof NoPartial && error.permanent === true && /submit it again/.test(error.message);
    await assert.rejects(demo.two.run({ ...gone, fingerprint: "f".repeat(64) }), refused);
    const unread = await demo.two.task({ histograms: { eta: { axes: [axis("Jet.eta")] } } }, 0);
    await utimes(demoPath(demo.directory, 1), new Date(), new Date());
    // The first attempt sees the change while it reads, and may be tried again; the next knows that the partition is gone.
    await assert.rejects(demo.two.run(unread), NoPartial);
    await assert.rejects(demo.two.run(unread), refused);
  });
});
