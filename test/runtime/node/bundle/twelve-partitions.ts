/** An executor of two threads over one file of twelve partitions, whose columns are read in jobs of several partitions. */
import assert from "node:assert/strict";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { ColumnLocation } from "../../../../datasets/dataset.ts";
import { ParquetWriter } from "../../../../datasets/parquet/encode-file.ts";
import type { Outcome, Payer } from "../../../../functions/compute/executor.ts";
import { seeded } from "../../../support/seeded.ts";
import { axis, never, type Setup, setUp } from "../executor-for-test.ts";

export const partitions = 12;
export const eventsOfEach = 400;
const channels = ["ee", "em", "mm", "tau"];

export const flat = { histograms: { met: { axes: [axis("MET.pt")] }, run: { axes: [axis("run")] } } };
export const jagged = { filter: "Muon.length >= 1", histograms: { pt: { axes: [axis("Muon.map(m => m.pt * cosh(m.eta))")] } } };
export const nullable = { histograms: { sig: { axes: [axis("MET.sig ?? -1")] } }, totals: { sum: "MET.sig ?? 3" } };
export const strings = { histograms: { channel: { axes: [{ type: "category", categories: channels.slice(1), value: "channel" }] } } };
export const all = {
  filter: 'channel != "tau"',
  histograms: {
    a: { axes: [axis("MET.sig ?? 0")] },
    b: { axes: [axis("Muon.map(m => m.pt)")] },
    c: { axes: [axis("Muon.map(m => m.eta)")] },
  },
};

/** The partials of `all`, computed once. */
let known: Promise<readonly Uint8Array[]> | undefined;
export async function expectedOf(t: TestContext): Promise<readonly Uint8Array[]> {
  known ??= open12(t).then((setup) => setup.alone(all));
  return await known;
}

interface Asking {
  /** Instead of what the query is compiled to. */
  readonly module?: Uint8Array<ArrayBuffer>;
  readonly signalOf?: (partition: number) => AbortSignal;
  readonly onRunning?: () => void;
  readonly payer?: Payer;
}

interface Options {
  readonly threads?: number;
  readonly memory?: number;
  /** The module that a thread runs. */
  readonly entry?: URL;
  /** The partition in whose column of the muons' eta the first bytes are no page. */
  readonly damaged?: number;
  /** The partition in which eta has other lists than the other columns. */
  readonly uneven?: number;
}

export async function open12(t: TestContext, { threads = 2, memory = 2 ** 26, entry, damaged, uneven }: Options = {}) {
  const directory = await mkdtemp(join(tmpdir(), "femtoq-load-and-run-"));
  const path = join(directory, "events.parquet");
  await writeFile(path, Buffer.concat(makeFile(uneven)));
  if (damaged !== undefined) await damage(path, damaged);
  const setup = setUp(directory, { threads, memory, pattern: path, ...(entry && { entry }) });
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
  const ask = async (query: object, { module, signalOf = () => never, onRunning, payer }: Asking = {}): Promise<Outcome[]> => {
    const tasks = await Promise.all(
      Array.from({ length: partitions }, (_, index) => setup.task(query, index, { ...(module && { module }) })),
    );
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
  return { setup, directory, ask, alone, jobs };
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

export function partialsOf(outcomes: readonly Outcome[]): readonly Uint8Array[] {
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
      { name: "run", values: Int32Array.from({ length: eventsOfEach }, (_, event) => (event === 0 ? group : random.below(90))) },
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
