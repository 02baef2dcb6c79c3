/**
 * Runs a sample query over the few events that come with the program, once the server has started. The host compiles code when it first runs, and opens codecs
 * and memories when they are first used; otherwise the first person to ask would wait for that. Over the Parquet sample it goes several times, since the host
 * optimizes only code that runs often.
 *
 * Nothing of it is stored or queued, and none of its columns stay in memory. Metrics count the few kB that it reads, and the bounds of its columns among the
 * known ones. It never rejects: errors are logged, and the first query will meet them itself. It ends soon after its signal aborts.
 */

import { fileURLToPath } from "node:url";
import pMap from "p-map";
import { groupsOf } from "../../../base/groups-of.ts";
import type { Log } from "../../../base/log.ts";
import { turn } from "../../../base/turn.ts";
import { ColumnCache } from "../../../datasets/cache/column-cache.ts";
import type { Slab } from "../../../datasets/cache/slab.ts";
import { createCatalogue } from "../../../datasets/catalogue/catalogue.ts";
import { Merger } from "../../../engine/histogram/merge.ts";
import { decodePartial, type PartialResult } from "../../../engine/histogram/partial.ts";
import { describeStatus } from "../../../functions/dispatch/answer/describe-status.ts";
import { compileMissing } from "../../../functions/dispatch/plan/compile-missing.ts";
import type { QueryPlan } from "../../../functions/dispatch/plan/plan-query.ts";
import { PlannedQueries } from "../../../functions/dispatch/plan/planned-queries.ts";
import type { StoredProgram } from "../../../storage/store.ts";
import { createExecutor } from "../../node/executor.ts";
import { ProgramCache } from "../../node/program-cache.ts";
import type { WorkerPool } from "../../threads/worker-pool.ts";

interface Sample {
  readonly file: string;
  readonly events: number;
  readonly partitions: (threads: number) => number;
  /** The number of partitions in one request. */
  readonly together: number;
  readonly rounds: number;
}

const samples: readonly Sample[] = [
  // One partition for each thread.
  { file: "sample.root", events: 64, partitions: (threads) => threads, together: 1, rounds: 1 },
  // One partition for each row group. Measured: after two rounds the first query over a large file is as much faster as after eight.
  { file: "sample.parquet", events: 1024, partitions: () => 16, together: 4, rounds: 2 },
];
const query = {
  dataset: "sample",
  filter: ["Muon.pairs().some((a, b) => a.charge != b.charge && (a + b).mass > 60)"],
  histograms: { met: { axes: [{ type: "regular", bins: 10, lower: 0, upper: 100, value: "MET.pt" }] } },
};

export interface Warmed {
  readonly slabs: readonly Slab[];
  /** Must be called when this has freed memory, so that waiting columns can use it. */
  readonly admitWaiting: () => void;
  readonly workers: Pick<WorkerPool, "load" | "run">;
  readonly threads: number;
}

/** Returns the number of events in the samples that were used. If `compute` is absent, this process computes nothing, and the query is only planned. */
export async function warmUp(options: {
  readonly compute?: Warmed | undefined;
  readonly signal: AbortSignal;
  readonly log: Log;
}): Promise<number> {
  const { compute, signal, log } = options;
  try {
    let events = 0;
    for (const sample of compute ? samples : samples.slice(0, 1)) {
      if (signal.aborted) break;
      events += await runSample(sample, { compute, signal, log });
    }
    return events;
  } catch (error) {
    if (!signal.aborted) log.warn({ err: error }, "the sample query failed; the first queries will take longer");
    return 0;
  }
}

async function runSample(sample: Sample, { compute, signal, log }: Parameters<typeof warmUp>[0]): Promise<number> {
  const pattern = fileURLToPath(new URL(sample.file, import.meta.url));
  const partitionEvents = Math.ceil(sample.events / sample.partitions(compute?.threads ?? 1));
  const catalogue = createCatalogue([{ name: query.dataset, pattern }], { partitionEvents });
  const planned = await new PlannedQueries({ catalogue }).get(JSON.stringify(query));
  await turn();
  const [program] = await compileMissing(planned, { store: { getPrograms: async () => new Map() }, code: new Map() });
  if (!compute || signal.aborted) return 0;
  let partials: readonly PartialResult[] = [];
  for (let round = 0; round < sample.rounds; round++)
    partials = await computeAll(planned, program!, { ...compute, sample, catalogue, signal, log });
  await turn();
  return describe(planned, partials);
}

interface ComputeOptions extends Warmed, Pick<Parameters<typeof createExecutor>[0], "catalogue" | "log"> {
  readonly sample: Sample;
  readonly signal: AbortSignal;
}

async function computeAll(
  { plan }: QueryPlan,
  program: StoredProgram,
  { sample, slabs, admitWaiting, workers, threads, catalogue, signal, log }: ComputeOptions,
): Promise<readonly PartialResult[]> {
  // The disk tier keeps no copies of these columns, since this is not the form of a fingerprint.
  const load: WorkerPool["load"] = (columns) => workers.load(columns.map((each) => ({ ...each, fingerprint: query.dataset })));
  const cache = new ColumnCache({ slabs, load });
  const programs = new ProgramCache({ store: { getPrograms: async () => new Map([[program.programKey, program]]) } });
  const executor = createExecutor({ catalogue, programs, cache, workers, threads, log });
  try {
    const partitions = plan.partitions.map(({ index: partition, fingerprint }) => ({ partition, fingerprint }));
    const requests = groupsOf(partitions, sample.together);
    const outcomes = await pMap(
      requests,
      (partitions) => executor.run({ programs: [program.programKey], dataset: query.dataset, partitions }, { signalOf: () => signal }),
      { concurrency: threads },
    );
    return await Promise.all(
      outcomes.flat().map((outcome) => {
        if (outcome.kind !== "partial") throw new Error(outcome.cause);
        return decodePartial(outcome.partial);
      }),
    );
  } finally {
    // Nothing stays in memory, and leases that waited for space get it.
    for (const slab of slabs) cache.spoil(slab);
    admitWaiting();
  }
}

function describe({ plan, query, checked }: QueryPlan, partials: readonly PartialResult[]): number {
  const programs = checked.programs.map((each) => each.program);
  const merger = new Merger(programs[0]!);
  for (const partial of partials) merger.add(partial);
  const status = describeStatus({ query: { ...query, created: 0 }, plan, programs, result: [merger.read()] }, []);
  // This only runs the code that writes answers.
  JSON.stringify(status);
  return status.events.done;
}
