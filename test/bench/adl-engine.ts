/** The engine on the ADL benchmark queries: one thread, columns in memory, partition by partition, beside hand-written C where there is a compiler. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { compileProgram } from "../../engine/compile/compile-program.ts";
import { Merger } from "../../engine/histogram/merge.ts";
import { makeProgram } from "../../engine/query/make-program.ts";
import { readQuery } from "../../engine/query/query.ts";
import { computePartial, workBytes } from "../../engine/run/run-program.ts";
import { Columns } from "./load-columns.ts";

/** Queries of examples/adl that the language covers. */
const queries = ["1", "2", "3", "4", "5"];
const repeats = 5;

export interface AdlLine {
  readonly query: string;
  readonly mevents_per_s: number;
  /** Underflow, 100 bins, overflow. */
  readonly counts: readonly number[];
}

export interface AdlResult extends AdlLine {
  /** Million events a second in the first run of a fresh module. */
  readonly first: number;
  /** Milliseconds from query to module, in a process that has compiled others. */
  readonly compile: number;
  /** The same query by hand-written C in the same run. */
  readonly peer?: AdlLine;
}

export async function benchmarkAdl(file: string, onQuery: (query: string) => void): Promise<readonly AdlResult[]> {
  const columns = await Columns.open(file);
  const peer = preparePeer(dirname(file));
  const results: AdlResult[] = [];
  try {
    for (const query of queries) {
      onQuery(query);
      const run = await prepare(query, columns);
      const first = run();
      const own: number[] = [];
      const theirs: AdlLine[] = [];
      // In turn, so that both see the same machine.
      for (let repeat = 0; repeat < repeats; repeat++) {
        own.push(run().speed);
        const line = peer?.run(query);
        if (line) theirs.push(line);
      }
      const best = theirs.sort((a, b) => b.mevents_per_s - a.mevents_per_s)[0];
      results.push({
        query,
        mevents_per_s: Math.max(...own),
        counts: first.counts,
        first: first.speed,
        compile: run.compile,
        ...(best && { peer: best }),
      });
    }
  } finally {
    peer?.remove();
  }
  return results;
}

async function prepare(name: string, columns: Columns) {
  const { dataset, memory } = columns;
  const query = readQuery({
    ...JSON.parse(readFileSync(new URL(`../../examples/adl/query-${name}.json`, import.meta.url), "utf8")),
    dataset: "events",
  });
  const make = () => {
    const { terms, program } = makeProgram(query, dataset.schema);
    return { program, module: new WebAssembly.Module(compileProgram(terms, dataset.schema)) };
  };
  const compile = Array.from({ length: 21 }, () => time(make)).sort((a, b) => a - b)[10];
  const { program, module } = make();
  const bytes = workBytes(program, 1 << 20);
  const work = { address: columns.take(bytes), bytes };
  const partitions: { entries: number; addresses: readonly number[] }[] = [];
  for (const partition of dataset.partitions)
    partitions.push({ entries: partition.entries, addresses: await columns.load(partition, program.inputs) });
  const run = () => {
    const merger = new Merger(program);
    const took = time(() => {
      for (const { entries, addresses } of partitions) merger.add(computePartial({ program, module, memory, entries, addresses, work }));
    });
    return { speed: dataset.entries / took / 1000, counts: Array.from(merger.read().histograms[0].contents.values) };
  };
  return Object.assign(run, { compile });
}

function time(step: () => unknown): number {
  const start = performance.now();
  step();
  return performance.now() - start;
}

/** `adl.c` of the measuring sticks, where it, its columns and a compiler are at hand. */
function preparePeer(directory: string): { readonly run: (query: string) => AdlLine | undefined; readonly remove: () => void } | undefined {
  const source = new URL("../../../shared/peers/adl.c", import.meta.url).pathname;
  const data = join(directory, "columns");
  if (!existsSync(source) || !existsSync(data)) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "femtoq-adl-"));
  try {
    execFileSync("cc", ["-O3", "-march=native", "-o", join(folder, "adl"), source, "-lm"], { stdio: "ignore" });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  return {
    run: (query) =>
      execFileSync(join(folder, "adl"), [data, "1"], { encoding: "utf8", maxBuffer: 1e7 })
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as AdlLine)
        .find((line) => line.query === query),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
