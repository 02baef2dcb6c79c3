import assert from "node:assert/strict";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { ColumnLocation } from "../../../../datasets/dataset.ts";
import { ParquetWriter } from "../../../../datasets/parquet/encode-file.ts";
import type { Outcome, Payer } from "../../../../functions/compute/executor.ts";
import { seeded } from "../../../support/seeded.ts";
import { axis, never, type Setup, setUp } from "../executor-for-test.ts";

const partitions = 12;
const eventsOfEach = 400;
const channels = ["ee", "em", "mm", "tau"];

const flat = { histograms: { met: { axes: [axis("MET.pt")] }, run: { axes: [axis("run")] } } };
const jagged = { filter: "Muon.length >= 1", histograms: { pt: { axes: [axis("Muon.map(m => m.pt * cosh(m.eta))")] } } };
const nullable = { histograms: { sig: { axes: [axis("MET.sig ?? -1")] } }, totals: { sum: "MET.sig ?? 3" } };
const strings = { histograms: { channel: { axes: [{ type: "category", categories: channels.slice(1), value: "channel" }] } } };
const all = {
  filter: 'channel != "tau"',
  histograms: {
    a: { axes: [axis("MET.sig ?? 0")] },
    b: { axes: [axis("Muon.map(m => m.pt)")] },
    c: { axes: [axis("Muon.map(m => m.eta)")] },
  },
};

/** The partials of `all`, computed once. */
let known: Promise<readonly Uint8Array[]> | undefined;
async function expectedOf(t: TestContext): Promise<readonly Uint8Array[]> {
  known ??= open12(t).then((setup) => setup.alone(all));
  return await known;
}

test("the partials of partitions that a thread loads and runs in one job have the same bits as those of columns loaded before", async (t) => {
  const [usual, bundled] = [await open12(t), await open12(t)];
  for (const query of [flat, jagged, nullable, strings]) {
    bundled.jobs.length = 0;
    const expected = await usual.alone(query);
    assert.deepEqual(partialsOf(await bundled.ask(query)), expected);
    assert.ok(bundled.jobs.length < partitions, `${bundled.jobs.length} jobs`);
    assert.equal(Math.min(...bundled.jobs.flat()) > 0, true);
    bundled.jobs.length = 0;
    assert.deepEqual(partialsOf(await bundled.ask(query)), expected, "from memory");
    assert.equal(Math.max(...bundled.jobs.flat()), 0);
  }
});

test("columns of a partition some of which are in memory are read beside them, with the offsets that these have", async (t) => {
  const setup = await open12(t);
  const expected = await expectedOf(t);
  await setup.ask({ histograms: { pt: { axes: [axis("Muon.pt")] } } });
  setup.jobs.length = 0;
  assert.deepEqual(partialsOf(await setup.ask(all)), expected);
  assert.deepEqual(new Set(setup.jobs.flat()), new Set([3]));
});

test("what loading cost is told with each partial", async (t) => {
  const setup = await open12(t);
  for (const outcome of await setup.ask(all)) {
    assert(outcome.kind === "partial", "no partial");
    const { bytes, loading, reading, decoding } = outcome.timing!;
    assert.deepEqual([bytes > 0, reading > 0, decoding > 0, loading >= reading], [true, true, true, true]);
  }
});

test("a column that is damaged in one partition fails that partition only, with the reason", async (t) => {
  const setup = await open12(t, { damaged: 5 });
  const expected = await expectedOf(t);
  const outcomes = await setup.ask(all);
  const [failed] = outcomes.splice(5, 1);
  assert.deepEqual(partialsOf(outcomes), expected.toSpliced(5, 1));
  assert(failed?.kind === "failed", "the damage was not noticed");
  assert.equal(failed.permanent, true);
  assert.match(failed.cause, /column Muon_eta of events.parquet/);
});

test("lists of different lengths are refused, and are no partial", async (t) => {
  const setup = await open12(t, { uneven: 3 });
  const outcomes = await setup.ask(all);
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    outcomes.map((_, index) => (index === 3 ? "failed" : "partial")),
  );
  assert.match((outcomes[3] as { readonly cause: string }).cause, /their lengths differ in entry/);
});

test("partitions that are not wanted any more are left, and the others get their partials", async (t) => {
  const setup = await open12(t);
  const expected = await expectedOf(t);
  const stopping = new AbortController();
  const outcomes = await setup.ask(all, {
    signalOf: (partition) => (partition % 2 === 0 ? stopping.signal : never),
    onRunning: () => stopping.abort(new Error("nobody wants it")),
  });
  for (const [index, outcome] of outcomes.entries()) {
    if (index % 2 === 0) assert.deepEqual(outcome, { kind: "undone", cause: "nobody wants it" });
    else assert.deepEqual(partialsOf([outcome]), [expected[index]]);
  }
  assert.deepEqual(partialsOf(await setup.ask(all)), expected);
});

test("another query that waits for columns of a job whose query is given up gets its partials all the same", async (t) => {
  const setup = await open12(t);
  const expected = await expectedOf(t);
  const stopping = new AbortController();
  const first = setup.ask(all, { signalOf: () => stopping.signal, onRunning: () => queueMicrotask(() => stopping.abort(new Error("no"))) });
  const second = setup.ask(all, { payer: { client: "other", priority: 500 } });
  for (const { kind } of await first) assert.match(kind, /undone|partial/);
  assert.deepEqual(partialsOf(await second), expected);
});

test("two queries over the same partitions, of two clients, both get all partials, and memory is left when they have ended", async (t) => {
  const setup = await open12(t);
  const expected = await expectedOf(t);
  const [one, two] = await Promise.all(["alice", "bob"].map((client) => setup.ask(all, { payer: { client, priority: 500 } })));
  assert.deepEqual([partialsOf(one!), partialsOf(two!)], [expected, expected]);
});

test("where memory has room for few partitions, all of them are computed", async (t) => {
  const expected = await expectedOf(t);
  const setup = await open12(t, { memory: 2 ** 22 });
  for (let time = 0; time < 3; time++) assert.deepEqual(partialsOf(await setup.ask(all)), expected);
  assert.equal(Math.max(...setup.jobs.flat()) > 0, true);
});

interface Asking {
  readonly signalOf?: (partition: number) => AbortSignal;
  readonly onRunning?: () => void;
  readonly payer?: Payer;
}

interface Damage {
  readonly memory?: number;
  /** The partition in whose column of the muons' eta the first bytes are no page. */
  readonly damaged?: number;
  /** The partition in which eta has other lists than the other columns. */
  readonly uneven?: number;
}

async function open12(t: TestContext, { memory = 2 ** 26, damaged, uneven }: Damage = {}) {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-load-and-run-"));
  const path = join(directory, "events.parquet");
  await writeFile(path, Buffer.concat(makeFile(uneven)));
  if (damaged !== undefined) await damage(path, damaged);
  const setup = setUp(directory, { threads: 2, memory, pattern: path });
  t.after(async () => {
    await setup.workers.close();
    await rm(directory, { recursive: true });
  });
  /** For each job, how many columns it loads before each of its runs. */
  const jobs: number[][] = [];
  const { workers } = setup;
  const run = workers.run.bind(workers);
  workers.run = (job, programs, options) => {
    jobs.push(job.programs.map((_, index) => options?.lacking?.[index]?.missing.length ?? 0));
    return run(job, programs, options);
  };
  const ask = async (query: object, { signalOf = () => never, onRunning, payer }: Asking = {}): Promise<Outcome[]> => {
    const tasks = await Promise.all(Array.from({ length: partitions }, (_, index) => setup.task(query, index)));
    const indexes = new Map(tasks.map(({ fingerprint }, index) => [fingerprint, index]));
    const request = { programs: [tasks[0]!.programKey], dataset: "demo", partitions: tasks };
    return [
      ...(await setup.executor.run(request, {
        signalOf: (_, fingerprint) => signalOf(indexes.get(fingerprint)!),
        ...(onRunning && { onRunning }),
        ...(payer && { payerOf: () => payer }),
      })),
    ];
  };
  /** The partials of partitions that are asked for one by one, with all columns in memory. */
  const alone = async (query: object): Promise<readonly Uint8Array[]> => {
    const partials: Uint8Array[] = [];
    for (let index = 0; index < partitions; index++) {
      const task = await setup.task(query, index);
      await load(setup, query, index);
      partials.push(await setup.run(task));
    }
    return partials;
  };
  return { setup, ask, alone, jobs };
}

/** Loads all columns in the usual way, which reading more than one column of a single partition takes. */
async function load(setup: Setup, query: object, partition: number): Promise<void> {
  await setup.run(await setup.task({ ...all, filter: "MET.pt + run >= 0" }, partition));
  await setup.run(await setup.task(query, partition));
}

async function damage(path: string, partition: number): Promise<void> {
  const setup = setUp(path, { threads: 1, memory: 2 ** 22, pattern: path });
  await setup.workers.close();
  const dataset = (await setup.catalogue.get("demo"))!;
  const { place } = (await setup.catalogue.locate("demo", dataset.partitions[partition]!, "Muon_eta")) as ColumnLocation & {
    readonly place: { readonly chunks: readonly { readonly start: number }[] };
  };
  const file = await open(path, "r+");
  try {
    await file.write(Buffer.alloc(16, 0xff), 0, 16, place.chunks[0]!.start);
  } finally {
    await file.close();
  }
}

/** Moves an element from the first list that has two or more before another that has some to this other one. */
function moveOne(offsets: Uint32Array): void {
  const length = (list: number) => offsets[list + 1]! - offsets[list]!;
  const from = offsets.findIndex((_, list) => length(list) > 1 && length(list + 1) > 0);
  offsets[from + 1]!--;
}

function partialsOf(outcomes: readonly Outcome[]): readonly Uint8Array[] {
  return outcomes.map((outcome) => (outcome.kind === "partial" ? outcome.partial : assert.fail(`${outcome.kind}: ${outcome.cause}`)));
}

function makeFile(uneven: number | undefined): readonly Uint8Array[] {
  const random = seeded(11);
  const of = (count: number, make: () => number) => Float32Array.from({ length: count }, make);
  const groups = Array.from({ length: partitions }, (_, group) => {
    const offsets = new Uint32Array(eventsOfEach + 1);
    for (let event = 0; event < eventsOfEach; event++) offsets[event + 1] = offsets[event]! + random.below(4);
    const muons = offsets.at(-1)!;
    const others = offsets.slice();
    if (group === uneven) moveOne(others);
    return [
      { name: "run", values: Int32Array.from({ length: eventsOfEach }, () => random.below(90)) },
      { name: "MET_pt", values: of(eventsOfEach, () => 90 * random.fraction()) },
      {
        name: "MET_sig",
        values: of(eventsOfEach, () => 90 * random.fraction()),
        valid: Uint8Array.from({ length: eventsOfEach }, () => (random.chance(0.7) ? 1 : 0)),
      },
      { name: "channel", values: Int32Array.from({ length: eventsOfEach }, () => random.below(channels.length)), strings: channels },
      { name: "Muon_pt", offsets, values: of(muons, () => 60 * random.fraction()) },
      { name: "Muon_eta", offsets: others, values: of(muons, () => 4 * random.fraction() - 2) },
    ];
  });
  const writer = new ParquetWriter(groups[0]!, "a test");
  return [writer.begin(), ...groups.flatMap((columns) => writer.addGroup(columns, eventsOfEach)), writer.end()];
}
