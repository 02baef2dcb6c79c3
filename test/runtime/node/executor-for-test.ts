/** Makes executors over the demo dataset for tests, with queries and their expected answers. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { ColumnCache } from "../../../datasets/cache/column-cache.ts";
import type { DiskTier } from "../../../datasets/cache/disk/disk-tier.ts";
import { knowLoadedBounds, type LoadedBounds } from "../../../datasets/cache/loaded-bounds.ts";
import { createSlabs, type Slab } from "../../../datasets/cache/slab.ts";
import { createCatalogue } from "../../../datasets/catalogue/catalogue.ts";
import type { Catalogue } from "../../../datasets/dataset.ts";
import { demoPattern, writeDemoFile } from "../../../datasets/demo/write-demo-file.ts";
import type { KnownCode } from "../../../engine/compile/alike/compile-alike.ts";
import type { PartialHistogram } from "../../../engine/histogram/partial.ts";
import { programKey } from "../../../engine/program/program.ts";
import { makeProgram } from "../../../engine/query/make-program.ts";
import { readQuery } from "../../../engine/query/query.ts";
import type { ComputeRequest, Outcome, PartitionName } from "../../../functions/compute/executor.ts";
import { compileChecked } from "../../../functions/dispatch/plan/compile-missing.ts";
import type { Meter } from "../../../functions/metrics/meter.ts";
import { createExecutor, type LocalExecutor } from "../../../runtime/node/executor.ts";
import { ProgramCache } from "../../../runtime/node/program-cache.ts";
import { WorkerPool } from "../../../runtime/threads/worker-pool.ts";
import type { StoredProgram } from "../../../storage/store.ts";
import { silent } from "../silent-log.ts";

export const never = new AbortController().signal;

export interface Setup {
  readonly catalogue: Catalogue;
  readonly workers: WorkerPool;
  readonly slabs: readonly Slab[];
  readonly programs: ProgramCache;
  readonly executor: LocalExecutor;
  /** Makes the query's program known to the executor's store, with this module if one is given. */
  task(query: object, partition: number, options?: { readonly module?: Uint8Array<ArrayBuffer> }): Promise<Task>;
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

export class NoPartial extends Error {
  readonly permanent: boolean | undefined;

  constructor(outcome: Exclude<Outcome, { readonly kind: "partial" }>) {
    super(`${outcome.kind}: ${outcome.cause}`);
    this.permanent = outcome.kind === "failed" ? outcome.permanent : undefined;
  }
}

export interface SetupOptions {
  readonly threads: number;
  readonly memory: number;
  /** The pattern of the dataset's files in the directory. */
  readonly pattern?: string;
  /** In milliseconds. */
  readonly mostCompute?: number;
  readonly disk?: DiskTier;
  readonly meter?: Meter;
  readonly partitionEvents?: number;
  /** Learns what columns tell that are loaded, and the catalogue knows it. */
  readonly bounds?: LoadedBounds;
  /** The module that a thread runs. */
  readonly entry?: URL;
}

/** In a `describe`: two partitions of the demo dataset, and an executor of two threads over them, while its tests run. */
export function setUpTwo(): { readonly directory: string; readonly two: Setup } {
  const made = {} as { directory: string; two: Setup };
  before(async () => {
    made.directory = await mkdtemp(join(tmpdir(), "femtoq-executor-"));
    await Promise.all([writeDemoFile(made.directory, 0), writeDemoFile(made.directory, 1)]);
    made.two = setUp(made.directory, { threads: 2, memory: 64 * 2 ** 20 });
  });
  after(async () => {
    await made.two.workers.close();
    await rm(made.directory, { recursive: true });
  });
  return made;
}

export function setUp(directory: string, options: SetupOptions): Setup {
  const slabs = createSlabs(options.memory);
  const memories = slabs.map(({ memory }) => memory);
  const workers = new WorkerPool({
    threads: options.threads,
    mostCompute: options.mostCompute ?? Number.POSITIVE_INFINITY,
    memories,
    disk: options.disk,
    bounds: options.bounds,
    log: silent,
    ...(options.entry && { entry: options.entry }),
  });
  const cache = new ColumnCache({ slabs, load: workers.load });
  const { bounds, partitionEvents } = options;
  const files = createCatalogue(
    [{ name: "demo", pattern: options.pattern ?? demoPattern(directory) }],
    partitionEvents === undefined ? {} : { partitionEvents },
  );
  const catalogue = bounds ? knowLoadedBounds(files, bounds) : files;
  const stored = new Map<string, StoredProgram>();
  const code = new Map<string, KnownCode>();
  const programs = new ProgramCache({
    store: { getPrograms: async (keys) => new Map(keys.flatMap((key) => (stored.has(key) ? [[key, stored.get(key)!]] : []))) },
  });
  const executor = createExecutor({
    catalogue,
    programs,
    cache,
    disk: options.disk,
    workers,
    threads: 4,
    log: silent,
    ...(options.meter && { meter: options.meter }),
  });
  return {
    catalogue,
    workers,
    slabs,
    programs,
    executor,
    async task(query, partition, { module } = {}) {
      const dataset = await catalogue.get("demo");
      const planned = makeProgram(readQuery({ dataset: "demo", ...query }), dataset!.schema);
      const key = await programKey(planned.program);
      const { program } = planned;
      const own = { programKey: key, program };
      stored.set(key, module ? { ...own, module } : await compileChecked({ ...planned, programKey: key }, dataset!.schema, code));
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

export const axis = (value: string) => ({ type: "regular", bins: 50, lower: 0, upper: 100, value });
export const met = { histograms: { met: { axes: [axis("MET.pt")] } } };
export const muons = { filter: "Muon.length >= 2", histograms: { pt: { axes: [axis("Muon.pt")] } } };
export const jets = { histograms: { pt: { axes: [axis("Jet.pt")] } } };
export const muonPt = { histograms: { pt: { axes: [axis("Muon.pt")] } } };
export const everything = {
  histograms: Object.fromEntries(
    ["Jet.pt", "Jet.eta", "Muon.pt", "Muon.eta", "Muon.phi", "Muon.mass"].map((value) => [value, { axes: [axis(value)] }]),
  ),
};
/** Takes a second or so. */
export const slow = {
  histograms: Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => {
      const terms = Array.from({ length: 12 }, (_, k) => `sin(j.pt * ${i * 12 + k + 1}.5)`);
      return [`h${i}`, { axes: [axis(`Jet.map(j => ${terms.join(" + ")})`)] }];
    }),
  ),
};

/** The expected histogram of 50 bins from 0 to 100, flow bins included, filled one by one. */
export function fill(values: readonly number[]): Float64Array {
  const cells = new Float64Array(52);
  for (const value of values) cells[value < 0 ? 0 : value >= 100 ? 51 : Math.floor(value * 0.5) + 1]!++;
  return cells;
}
export function dense({ cells, contents: { values }, filled }: PartialHistogram): Float64Array {
  if (!filled) return values;
  const all = new Float64Array(cells);
  filled.forEach((cell, at) => {
    all[cell] = values[at]!;
  });
  return all;
}
