/** A query over events in memory, from its text to the merged contents, in one thread. */
import { compileProgram, writeModule } from "../../../engine/compile/compile-program.ts";
import { Merger } from "../../../engine/histogram/merge.ts";
import type { PartialHistogram, PartialResult } from "../../../engine/histogram/partial.ts";
import type { Schema } from "../../../engine/program/schema.ts";
import { writeSource } from "../../../engine/program/source.ts";
import { makeProgram, type QueryProgram } from "../../../engine/query/make-program.ts";
import { readQuery } from "../../../engine/query/query.ts";
import { computePartial, workBytes } from "../../../engine/run/run-program.ts";
import type { InMemoryDataset } from "./in-memory-dataset.ts";

export interface CompiledQuery {
  readonly planned: Pick<QueryProgram, "program" | "terms">;
  readonly module: WebAssembly.Module;
  /** Where the module was compiled of another program of the same code. */
  readonly numbers?: readonly number[];
}

export interface PreparedQuery extends CompiledQuery {
  readonly planned: QueryProgram;
}

/** `query` without its dataset. `sharesEarly`: in the form that only large programs take otherwise. */
export function prepareQuery(query: object, schema: Schema, { sharesEarly = false } = {}): PreparedQuery {
  const planned = makeProgram(readQuery({ dataset: "test", ...query }), schema);
  const bytes = sharesEarly ? writeModule(planned.terms, schema, { sharesEarly }).bytes : compileProgram(planned.terms, schema);
  return { planned, module: new WebAssembly.Module(bytes) };
}

export function runPrepared(
  { planned: { program, terms }, module, numbers }: CompiledQuery,
  dataset: InMemoryDataset,
  { from = 0, to = dataset.events.length, scratch = 1 << 16 } = {},
): PartialResult {
  const addresses = dataset.load(program.inputs, from, to);
  const work = dataset.work(workBytes(program, scratch));
  const source = writeSource(terms, dataset.schema);
  return computePartial({ program, source, module, numbers, memory: dataset.memory, entries: to - from, addresses, work });
}

export interface RunResult extends PartialResult {
  /** A histogram by its name in the query. */
  histogram(name: string): PartialHistogram;
}

/** Runs a query. `split` lists the events before which partitions end, ascending; without it there is one partition. */
export function runQuery(query: object, dataset: InMemoryDataset, { split = [] }: { readonly split?: readonly number[] } = {}): RunResult {
  const prepared = prepareQuery(query, dataset.schema);
  const cuts = [0, ...split, dataset.events.length];
  const merger = new Merger(prepared.planned.program);
  for (const [index, to] of cuts.slice(1).entries()) merger.add(runPrepared(prepared, dataset, { from: cuts[index], to }));
  const merged = merger.read();
  return { ...merged, histogram: (name) => merged.histograms[prepared.planned.order.get(name)!] };
}

/** The one histogram of a query as a plain array of all its cells: counts or Σw. */
export function fillOnce(histogram: object, dataset: InMemoryDataset, rest: object = {}): readonly number[] {
  return Array.from(runQuery({ ...rest, histograms: { only: histogram } }, dataset).histogram("only").contents.values);
}
