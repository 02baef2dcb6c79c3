/**
 * Makes partials without reading, if the bounds of a partition's columns show that none of its events can pass a filter. Columns that are used only after
 * this filter are not read, and nothing is read if nothing before it counts. The partial has the same bytes as if the program ran over the partition.
 *
 * Partitions whose columns are in memory are not examined, since computing is as fast. If anything fails, the program is run as usual.
 */
import { LRUCache } from "lru-cache";
import type { Log } from "../../base/log.ts";
import { type Catalogue, DatasetError, type Partition } from "../../datasets/dataset.ts";
import type { KnownCode } from "../../engine/compile/alike/compile-alike.ts";
import { decodePartial, encodePartial } from "../../engine/histogram/partial.ts";
import { type Input, listInputs } from "../../engine/program/inputs.ts";
import { type ProgramTerms, rootsOf, writeProgram } from "../../engine/program/program.ts";
import type { Column, NullableList } from "../../engine/program/schema.ts";
import { readTerms, writeSource } from "../../engine/program/source.ts";
import { reachable, Terms } from "../../engine/program/term.ts";
import { columnsInFilters, findImpossible, programBefore } from "../../engine/skip/impossible-filter.ts";
import { completePartial } from "../../engine/skip/skipped-partial.ts";
import type { Outcome } from "../../functions/compute/executor.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import type { Place } from "./find-partition.ts";
import { type ProgramCache, type ReadyProgram, readyProgram } from "./program-cache.ts";
import { rounded, type Times } from "./run-times.ts";

interface SkippingRun {
  readonly ready: ReadyProgram;
  readonly times: Times;
}

export interface Examined<Run> {
  /** The runs whose outcomes are needed, perhaps of smaller programs. */
  readonly needed: readonly Run[];
  /** Makes the outcome of each program from those of the needed runs, in their order. `run` computes a program's outcome as if it had not been examined. */
  finish(outcomes: readonly Outcome[], run: (run: Run) => Promise<Outcome>): Promise<readonly Outcome[]>;
}

interface Prepared {
  readonly terms: ProgramTerms;
  readonly columns: readonly Column[];
  /** The names of the columns that filters read. */
  readonly names: readonly string[];
}

interface Skipped {
  readonly partition: Partition;
  /** The part of the program that must be run; absent if there is none. */
  readonly before?: ReadyProgram;
}

export function createSkipping(options: {
  readonly catalogue: Pick<Catalogue, "bounds">;
  readonly find: (place: Place) => Promise<{ readonly partition: Partition; readonly broken?: string }>;
  readonly isHeld: (fingerprint: string, ready: ReadyProgram) => boolean;
  readonly programs: Pick<ProgramCache, "compile">;
  readonly log: Log;
  readonly meter?: Meter | undefined;
}) {
  const { catalogue, find, isHeld, programs, log, meter } = options;
  const prepared = new WeakMap<ReadyProgram, Prepared>();
  const smaller = new LRUCache<string, Promise<ReadyProgram>>({ max: 64 });
  /** The code of parts by their shapes, since a part often differs from an earlier one only in numbers. */
  const code = new LRUCache<string, KnownCode>({ max: 64 });

  /** Examines which of the programs have to be run over the partition, and in which form. */
  return async function examine<Run extends SkippingRun>(place: Place, runs: readonly Run[]): Promise<Examined<Run>> {
    const found = new Map<Run, Skipped>();
    for (const each of runs) {
      const { ready } = each;
      const mayBe = ready.source && ready.program.filters.length > 0 && !isHeld(place.fingerprint, ready);
      const skipped = mayBe && (await findSkipped(ready, place));
      if (skipped) found.set(each, skipped);
    }
    if (found.size === 0) return { needed: runs, finish: async (outcomes) => outcomes };
    const needed = runs.filter((each) => !found.has(each) || found.get(each)!.before);
    return {
      needed: needed.map((each) => ({ ...each, ready: found.get(each)?.before ?? each.ready })),
      async finish(ran, run) {
        const outcomes = new Map(needed.map((each, index) => [each, ran[index]!]));
        return await Promise.all(runs.map((each) => finish(each, found.get(each), { outcome: outcomes.get(each), run })));
      },
    };
  };

  async function finish<Run extends SkippingRun>(
    each: Run,
    skipped: Skipped | undefined,
    { outcome, run }: { readonly outcome: Outcome | undefined; readonly run: (run: Run) => Promise<Outcome> },
  ): Promise<Outcome> {
    if (!skipped || outcome?.kind === "undone") return outcome!;
    if (outcome?.kind === "failed") return await run(each);
    const { partition } = skipped;
    const before = outcome ? await decodePartial(outcome.partial) : { entries: partition.entries, filters: [] };
    meter?.count("femtoq_partitions_skipped_total", outcome ? "partly" : "wholly");
    const partial = await encodePartial(completePartial(each.ready.program, before));
    return { kind: "partial", partial, timing: { ...rounded(each.times), skipped: true } };
  }

  async function findSkipped(ready: ReadyProgram, place: Place): Promise<Skipped | undefined> {
    const { terms, columns, names } = prepare(ready);
    if (names.length === 0) return undefined;
    try {
      const { partition, broken } = await find(place);
      if (broken !== undefined) return undefined;
      const known = await catalogue.bounds(place.dataset, partition, names);
      const impossible = findImpossible(terms.filters, columns, known);
      if (impossible === undefined) return undefined;
      const before = programBefore(terms, impossible);
      return before ? { partition, before: await compileBefore(ready, before, impossible) } : { partition };
    } catch (error) {
      // A `DatasetError` is not logged, since running the program will report it.
      if (!(error instanceof DatasetError))
        log.warn({ err: error, ...place }, "cannot tell whether the partition has to be read; it is read");
      return undefined;
    }
  }

  function prepare(ready: ReadyProgram): Prepared {
    const known = prepared.get(ready);
    if (known) return known;
    const { program, source } = ready;
    const terms = readTerms(program, source!, new Terms());
    const made = { terms, columns: source!.columns, names: columnsInFilters(terms.filters, source!.columns) };
    prepared.set(ready, made);
    return made;
  }

  async function compileBefore(whole: ReadyProgram, before: ProgramTerms, impossible: number): Promise<ReadyProgram> {
    // The inputs are added, since a program's key does not include the form of its columns.
    const key = `${whole.programKey} before filter ${impossible} ${JSON.stringify(whole.program.inputs)}`;
    const known = smaller.get(key) ?? compile(whole, before, key);
    smaller.set(key, known);
    return await known;
  }

  async function compile(whole: ReadyProgram, before: ProgramTerms, programKey: string): Promise<ReadyProgram> {
    // Loaded only now, since most processes never need the compiler here.
    const { compileAlike } = await import("../../engine/compile/alike/compile-alike.ts");
    const schema = { columns: whole.source!.columns, nullableLists: nullableListsOf(whole.program.inputs), unsupported: [] };
    const terms = { ...before, inputs: listInputs(reachable(rootsOf(before)), schema) };
    const { module: bytes, codeKey: key, numbers } = await compileAlike(terms, schema, code);
    const module = await programs.compile({ module: bytes, code: { key, numbers } });
    const ready = readyProgram({ programKey, program: writeProgram(terms), module, numbers, source: writeSource(terms, schema) });
    return { ...ready, partOf: whole.programKey };
  }
}

/** The lists that may be null, among those whose presence the program asks for. */
const nullableListsOf = (inputs: readonly Input[]): readonly NullableList[] =>
  inputs.flatMap((input) => {
    if (input.kind !== "values" || input.tellsOf === undefined) return [];
    const { column: name, dtype, lists } = input;
    return [{ list: input.tellsOf, column: { name, dtype, lists, nullable: false } }];
  });
