/** Prepares the nine histograms of the ADL benchmark to be run by the engine alone: on one thread, with columns in memory, partition by partition. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { compileAlike } from "../../../engine/compile/alike/compile-alike.ts";
import { Merger } from "../../../engine/histogram/merge.ts";
import { makeProgram } from "../../../engine/query/make-program.ts";
import { type Query, readQuery } from "../../../engine/query/query.ts";
import { computePartial, workBytes } from "../../../engine/run/run-program.ts";
import type { Columns } from "../load-columns.ts";

/** Name of each, and where in `examples/adl` it stands: the file, and the histogram in it. */
export const places: readonly (readonly [name: string, file: string, histogram: string])[] = [
  ["1", "query-1", "met"],
  ["2", "query-2", "pt"],
  ["3", "query-3", "pt"],
  ["4", "query-4", "met"],
  ["5", "query-5", "met"],
  ["6-1", "query-6", "trijet_pt"],
  ["6-2", "query-6", "trijet_btag"],
  ["7", "query-7", "ht"],
  ["8", "query-8", "mt"],
];

export interface Run {
  /** Million events a second, of the clock on the wall and of the process's own time. */
  readonly speed: number;
  readonly ownSpeed: number;
  /** Underflow, 100 bins, overflow. */
  readonly counts: readonly number[];
}

export interface PreparedQuery {
  readonly name: string;
  /** Milliseconds from query to module: the median, in a process that has compiled it before. */
  readonly compile: number;
  /** Over all events of its partitions. The first one is that of a fresh module. */
  run(): Run;
}

/** Selects the partitions whose number leaves this remainder. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

export async function prepareQueries(
  columns: Columns,
  names: readonly string[] = [],
  share: Share = { index: 0, of: 1 },
): Promise<readonly PreparedQuery[]> {
  const prepared: PreparedQuery[] = [];
  for (const [name, file, histogram] of places)
    if (names.length === 0 || names.includes(name))
      prepared.push(await prepare(name, readQuery(readExample(file, histogram)), { columns, share }));
  return prepared;
}

export function readExample(file: string, histogram: string): object {
  const text = readFileSync(new URL(`../../../examples/adl/${file}.json`, import.meta.url), "utf8");
  const { histograms, ...rest } = JSON.parse(text);
  return { ...rest, dataset: "events", histograms: { [histogram]: histograms[histogram] } };
}

async function prepare(
  name: string,
  query: Query,
  { columns, share }: { readonly columns: Columns; readonly share: Share },
): Promise<PreparedQuery> {
  const { dataset, memory } = columns;
  const make = async () => {
    const { terms, program } = makeProgram(query, dataset.schema);
    const { module, numbers } = await compileAlike(terms, dataset.schema, new Map());
    return { program, module: new WebAssembly.Module(module), numbers };
  };
  const times: number[] = [];
  for (let time = 0; time < 21; time++) {
    const begun = performance.now();
    await make();
    times.push(performance.now() - begun);
  }
  // The module gets its numbers at the run, as on servers.
  const { program, module, numbers } = await make();
  const bytes = workBytes(program, 1 << 20);
  const work = { address: columns.take(bytes), bytes };
  const partitions: { entries: number; addresses: readonly number[] }[] = [];
  for (const partition of dataset.partitions)
    if (partition.index % share.of === share.index)
      partitions.push({ entries: partition.entries, addresses: await columns.load(partition, program.inputs) });
  const events = partitions.reduce((sum, { entries }) => sum + entries, 0);
  return {
    name,
    compile: times.sort((a, b) => a - b)[10],
    run() {
      const merger = new Merger(program);
      const own = process.cpuUsage();
      const begun = performance.now();
      for (const { entries, addresses } of partitions)
        merger.add(computePartial({ program, module, numbers, memory, entries, addresses, work }));
      const took = performance.now() - begun;
      const { user, system } = process.cpuUsage(own);
      return {
        speed: events / took / 1e3,
        ownSpeed: events / (user + system),
        counts: Array.from(merger.read().histograms[0].contents.values),
      };
    },
  };
}
