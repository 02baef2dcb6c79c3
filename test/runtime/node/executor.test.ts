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
import type { Catalogue } from "../../../datasets/dataset.ts";
import { demoPath, demoPattern, writeDemoFile } from "../../../datasets/demo/write-demo-file.ts";
import { compileProgram } from "../../../engine/compile/compile-program.ts";
import { decodePartial, type PartialHistogram } from "../../../engine/histogram/partial.ts";
import { programKey } from "../../../engine/program/program.ts";
import { makeProgram } from "../../../engine/query/make-program.ts";
import { readQuery } from "../../../engine/query/query.ts";
import { type ComputeRequest, mostPrograms, type Outcome, type PartitionName } from "../../../functions/compute/executor.ts";
import { createExecutor, type LocalExecutor } from "../../../runtime/node/executor.ts";
import { ProgramCache } from "../../../runtime/node/program-cache.ts";
import { WorkerPool } from "../../../runtime/threads/worker-pool.ts";
import type { StoredProgram } from "../../../storage/store.ts";
import { StoreError } from "../../../storage/store-error.ts";
import { makeEvents, writeEvents } from "../../support/write-events.ts";
import { silent } from "../silent-log.ts";

const never = new AbortController().signal;

interface Setup {
  readonly catalogue: Catalogue;
  readonly workers: WorkerPool;
  readonly programs: ProgramCache;
  readonly executor: LocalExecutor;
  /** A program of the query over the dataset, known to the executor's store. */
  task(query: object, partition: number): Promise<Task>;
  /** The partial of one program over one partition; rejects with what the outcome says otherwise. */
  run(task: Task, options?: RunOptions): Promise<Uint8Array<ArrayBuffer>>;
}

interface Task extends PartitionName {
  readonly programKey: string;
  readonly dataset: string;
}

interface RunOptions {
  readonly signal?: AbortSignal;
  readonly onRunning?: () => void;
}

class NoPartial extends Error {
  readonly permanent: boolean | undefined;

  constructor(outcome: Exclude<Outcome, { readonly kind: "partial" }>) {
    super(`${outcome.kind}: ${outcome.cause}`);
    this.permanent = outcome.kind === "failed" ? outcome.permanent : undefined;
  }
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
  const executor = createExecutor({ catalogue, programs, cache, workers, atATime: 4, log: silent });
  return {
    catalogue,
    workers,
    programs,
    executor,
    async task(query, partition) {
      const dataset = await catalogue.get("demo");
      const planned = makeProgram(readQuery({ dataset: "demo", ...query }), dataset!.schema);
      const key = await programKey(planned.program);
      stored.set(key, { programKey: key, program: planned.program, module: compileProgram(planned.terms, dataset!.schema) });
      return { programKey: key, dataset: "demo", partition, fingerprint: dataset!.partitions[partition]!.fingerprint };
    },
    async run({ programKey, dataset, partition, fingerprint }, { signal = never, onRunning = () => {} } = {}) {
      const request: ComputeRequest = { programs: [programKey], dataset, partitions: [{ partition, fingerprint }] };
      const [outcome] = await executor.run(request, { signalOf: () => signal, onRunning });
      if (outcome!.kind === "partial") return outcome!.partial;
      throw new NoPartial(outcome!);
    },
  };
}

const axis = (value: string) => ({ type: "regular", bins: 50, lower: 0, upper: 100, value });
const met = { histograms: { met: { axes: [axis("MET.pt")] } } };
const muons = { filter: "Muon.length >= 2", histograms: { pt: { axes: [axis("Muon.pt")] } } };
const jets = { histograms: { pt: { axes: [axis("Jet.pt")] } } };
const muonPt = { histograms: { pt: { axes: [axis("Muon.pt")] } } };
const everything = {
  histograms: Object.fromEntries(
    ["Jet.pt", "Jet.eta", "Muon.pt", "Muon.eta", "Muon.phi", "Muon.mass"].map((value) => [value, { axes: [axis(value)] }]),
  ),
};
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
    const of = async (query: object) => await decodePartial(await two.run(await two.task(query, 1)));
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
      const onOne = await one.run(await one.task(muons, 0));
      const task = await two.task(muons, 0);
      assert.deepEqual(await two.run(task), onOne);
      assert.equal(two.executor.holds(task), true);
      assert.deepEqual(await two.run(task), onOne);
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
      assert.deepEqual(schema.columns, [{ name: "x", lists: [], ...stage.columns }]);
      const task = await wide.task(query, 0);
      assert.equal(wide.executor.holds(task), false);
      const partial = await decodePartial(await wide.run(task));
      assert.equal(wide.executor.holds(task), true);
      assert.deepEqual(dense(partial.histograms[0]!), fill(first));
    }
    // Planned before the first of them came.
    const partial = await decodePartial(await wide.run(narrow));
    assert.deepEqual(dense(partial.histograms[0]!), fill(first));
  });

  test("runs more subtasks at a time than fit into memory together, with the same results", async () => {
    const memory = 4 * 2 ** 20;
    const small = setUp(directory, { threads: 2, memory });
    try {
      const tasks = await Promise.all([0, 1].flatMap((partition) => [met, muons, jets].map((query) => small.task(query, partition))));
      const results = await Promise.all(tasks.map((task) => small.run(task)));
      for (const [i, task] of tasks.entries()) {
        await two.task([met, muons, jets][i % 3]!, task.partition);
        assert.deepEqual(results[i], await two.run(task));
      }
    } finally {
      await small.workers.close();
    }
  });

  test("stops soon after an abort while a program runs, and is free for others", async () => {
    const task = await two.task(slow, 0);
    const started = performance.now();
    await two.run(task);
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
    await assert.rejects(two.run(task, { signal: abort.signal, onRunning }), /withdrawn/);
    // Not 200 ms: a busy machine takes longer for everything.
    assert.ok(performance.now() - aborted < whole / 2);
    await two.run(await two.task(met, 0));
  });

  test("gives the bytes of each program alone where several run over several partitions, and loads their columns once", async () => {
    const fresh = setUp(directory, { threads: 2, memory: 64 * 2 ** 20 });
    try {
      const queries = [met, muons, jets, { ...muons, weight: "MET.pt" }];
      const tasks = await Promise.all(queries.map((query) => fresh.task(query, 0)));
      const other = await fresh.task(met, 1);
      const partitions = [tasks[0]!, other].map(({ partition, fingerprint }) => ({ partition, fingerprint }));
      const running: string[] = [];
      const onRunning = (programs: readonly string[], fingerprint: string) =>
        void running.push(...programs.map((key) => `${key}:${fingerprint}`));
      const programs = tasks.map(({ programKey }) => programKey);
      const outcomes = await fresh.executor.run({ programs, dataset: "demo", partitions }, { signalOf: () => never, onRunning });
      assert.equal(outcomes.length, 2 * tasks.length);
      assert.equal(new Set(running).size, 2 * tasks.length);
      let bytes = 0;
      for (const [index, outcome] of outcomes.entries()) {
        assert.ok(outcome.kind === "partial" && outcome.timing !== undefined);
        bytes += outcome.timing.bytes;
        const partition = Math.floor(index / tasks.length);
        const alone = await two.run(await two.task(queries[index % tasks.length]!, partition));
        assert.deepEqual(outcome.partial, alone);
      }
      assert.ok(bytes > 0);
      const again = await fresh.executor.run({ programs, dataset: "demo", partitions }, { signalOf: () => never });
      for (const outcome of again) assert.ok(outcome.kind === "partial" && outcome.timing?.bytes === 0);
    } finally {
      await fresh.workers.close();
    }
  });

  test("fails only the program that can never fit into memory, and the one that the store does not have", async () => {
    const small = setUp(directory, { threads: 1, memory: 4 * 2 ** 20 });
    try {
      const tasks = await Promise.all([met, everything, muons].map((query) => small.task(query, 0)));
      const { partition, fingerprint } = tasks[0]!;
      const programs = [...tasks.map(({ programKey }) => programKey), "0".repeat(64)];
      const request = { programs, dataset: "demo", partitions: [{ partition, fingerprint }] };
      const [first, large, second, unknown] = await small.executor.run(request, { signalOf: () => never });
      assert.ok(first?.kind === "partial" && second?.kind === "partial");
      assert.ok(large?.kind === "failed" && large.permanent && /--memory/.test(large.cause));
      assert.ok(unknown?.kind === "failed" && unknown.permanent && /the store does not have it/.test(unknown.cause));
      assert.deepEqual(second.partial, await two.run(await two.task(muons, 0)));
    } finally {
      await small.workers.close();
    }
  });

  test("gives a program more scratch until it suffices, and those that run with it their partials all the same", async () => {
    const folder = join(directory, "long-lists");
    await mkdir(folder);
    const [muon] = makeEvents(20).flatMap(({ Muon }) => Muon);
    const crowd = { MET_pt: 1, genWeight: 1, Muon: Array.from({ length: 900 }, (_, index) => ({ ...muon!, pt: index % 100 })) };
    await writeEvents(join(folder, "a.parquet"), [crowd], 1);
    const x = crowd.Muon.map(({ pt }) => pt);
    const long = setUp(directory, { threads: 1, memory: 64 * 2 ** 20, pattern: folder });
    try {
      const pairs = await long.task(
        { histograms: { h: { axes: [axis("Muon.pairs().filter((a, b) => a.pt < b.pt).map((a, b) => b.pt)")] } } },
        0,
      );
      const plain = await long.task(muonPt, 0);
      const { partition, fingerprint } = pairs;
      const request = { programs: [pairs.programKey, plain.programKey], dataset: "demo", partitions: [{ partition, fingerprint }] };
      const outcomes = await long.executor.run(request, { signalOf: () => never });
      const [ordered, all] = await Promise.all(
        outcomes.map(async (each) => each.kind === "partial" && (await decodePartial(each.partial))),
      );
      assert.deepEqual(all && dense(all.histograms[0]!), fill(x));
      const expected = x.flatMap((a, i) => x.slice(i + 1).flatMap((b) => (a < b ? [b] : [])));
      assert.deepEqual(ordered && dense(ordered.histograms[0]!), fill(expected));
    } finally {
      await long.workers.close();
    }
  });

  test("runs as many programs together as a request may have, though a thread keeps no more than those", async () => {
    const folder = join(directory, "many-programs");
    await mkdir(folder);
    await writeEvents(join(folder, "a.parquet"), makeEvents(10), 10);
    const many = setUp(directory, { threads: 1, memory: 256 * 2 ** 20, pattern: folder });
    try {
      const upTo = (upper: number) => ({ histograms: { h: { axes: [{ ...axis("MET.pt"), upper }] } } });
      const tasks = await Promise.all(Array.from({ length: mostPrograms + 6 }, (_, index) => many.task(upTo(10 + index), 0)));
      const keys = tasks.map(({ programKey }) => programKey);
      const { partition, fingerprint } = tasks[0]!;
      for (const programs of [keys.slice(0, mostPrograms), keys.slice(-mostPrograms), keys.slice(0, mostPrograms)]) {
        const request = { programs, dataset: "demo", partitions: [{ partition, fingerprint }] };
        const outcomes = await many.executor.run(request, { signalOf: () => never });
        assert.ok(outcomes.every(({ kind }) => kind === "partial"));
      }
    } finally {
      await many.workers.close();
    }
  });

  test("stops one of the programs that run together, and gives the others their partials", async () => {
    const tasks = await Promise.all([slow, met].map((query) => two.task(query, 0)));
    const { partition, fingerprint } = tasks[0]!;
    const programs = tasks.map(({ programKey }) => programKey);
    const withdrawn = new AbortController();
    const onRunning = () => void setTimeout(() => withdrawn.abort(new Error("withdrawn")), 20);
    const signalOf = (key: string) => (key === programs[0] ? withdrawn.signal : never);
    const request = { programs, dataset: "demo", partitions: [{ partition, fingerprint }] };
    const [stopped, other] = await two.executor.run(request, { signalOf, onRunning });
    assert.deepEqual(stopped, { kind: "undone", cause: "withdrawn" });
    assert.ok(other?.kind === "partial");
    assert.deepEqual(other.partial, await two.run(tasks[1]!));
  });

  test("gives up when aborted though the store or the catalogue does not answer, and looks at no file for that", async () => {
    const dataset = (await two.catalogue.get("demo"))!;
    let looks = 0;
    const look = async () => {
      looks++;
      return dataset;
    };
    const hanging = new Promise<never>(() => {});
    const catalogue: Catalogue = { ...two.catalogue, get: look, locate: () => hanging };
    const silentStore = new ProgramCache({ store: { getPrograms: () => hanging } });
    const task = await two.task(met, 0);
    for (const programs of [silentStore, two.programs]) {
      const cache = new ColumnCache({ slabs: createSlabs(2 ** 22), load: two.workers.load });
      const executor = createExecutor({ catalogue, programs, cache, workers: two.workers, atATime: 1, log: silent });
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
    const cache = new ColumnCache({ slabs: createSlabs(2 ** 22), load: two.workers.load });
    const executor = createExecutor({ catalogue: two.catalogue, programs, cache, workers: two.workers, atATime: 1, log: silent });
    const { programKey, ...partition } = await two.task(met, 0);
    const request = { programs: [programKey], dataset: "demo", partitions: [partition] };
    await assert.rejects(executor.run(request, { signalOf: () => never }), /no connection/);
  });

  test("rejects with the reason of a signal that was aborted before", async () => {
    const run = two.run(await two.task(met, 0), { signal: AbortSignal.abort(new Error("too late")) });
    await assert.rejects(run, /too late/);
  });

  test("refuses a program that the store does not have", async () => {
    const task = { ...(await two.task(met, 0)), programKey: "0".repeat(64) };
    await assert.rejects(two.run(task), /the store does not have it/);
  });

  test("refuses columns that can never fit, naming --memory", async () => {
    const small = setUp(directory, { threads: 1, memory: 2 ** 20 });
    try {
      const run = small.run(await small.task(muons, 0));
      await assert.rejects(run, (error) => error instanceof NoPartial && error.permanent === true && /--memory/.test(error.message));
    } finally {
      await small.workers.close();
    }
  });

  test("finds a partition whose index moved, and refuses for good one whose file changed", async () => {
    const moved = await two.task(met, 1);
    const gone = await two.task(met, 0);
    await rename(demoPath(directory, 0), join(directory, "gone"));
    await two.run(moved);
    const refused = (error: unknown) => error instanceof NoPartial && error.permanent === true && /submit it again/.test(error.message);
    await assert.rejects(two.run({ ...gone, fingerprint: "f".repeat(64) }), refused);
    const unread = await two.task({ histograms: { eta: { axes: [axis("Jet.eta")] } } }, 0);
    await utimes(demoPath(directory, 1), new Date(), new Date());
    // The first attempt sees the change while it reads, and may be tried again; the next knows that the partition is gone.
    await assert.rejects(two.run(unread), NoPartial);
    await assert.rejects(two.run(unread), refused);
  });
});

function dense({ cells, contents: { values }, filled }: PartialHistogram): Float64Array {
  if (!filled) return values;
  const all = new Float64Array(cells);
  filled.forEach((cell, at) => {
    all[cell] = values[at]!;
  });
  return all;
}
