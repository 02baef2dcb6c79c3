/** A query over files, in this thread: from the catalogue over readers and compiler to the merged contents. */

import { createCatalogue } from "../../datasets/catalogue/catalogue.ts";
import { formsOf } from "../../datasets/column-form.ts";
import type { ColumnLocation, ColumnTarget, Dataset } from "../../datasets/dataset.ts";
import { makeTarget } from "../../datasets/make-target.ts";
import { readColumn } from "../../datasets/read-column.ts";
import { Merger } from "../../engine/histogram/merge.ts";
import type { PartialHistogram, PartialResult } from "../../engine/histogram/partial.ts";
import { type PartialTotal, roundTotal } from "../../engine/histogram/total.ts";
import { columnsOf, type Input, nameOf } from "../../engine/program/inputs.ts";
import { standsIn } from "../../engine/program/schema.ts";
import { computePartial, workBytes } from "../../engine/run/run-program.ts";
import { prepareQuery } from "./engine/run-query.ts";

export interface FilesResult extends PartialResult {
  readonly dataset: Dataset;
  /** The failures, by file and partition. */
  readonly failures: readonly string[];
  /** A histogram by its name in the query. */
  histogram(name: string): PartialHistogram;
  /** A total by its name in the query, its sum rounded. */
  total(name: string): Omit<PartialTotal, "sum"> & { readonly sum: number };
}

const scratch = 1 << 20;
/** `pattern`: as `--data` has it after the name. A partition that cannot be read is a failure, and the others count. */
export async function queryFiles(pattern: string, query: object): Promise<FilesResult> {
  const catalogue = createCatalogue([{ name: "test", pattern }]);
  const dataset = (await catalogue.get("test"))!;
  const { planned, module } = prepareQuery(query, dataset.schema);
  const { program } = planned;
  const forms = formsOf(program.inputs);
  const merger = new Merger(program);
  const failures: string[] = [];
  for (const partition of dataset.partitions) {
    try {
      const space = new Space();
      const loaded: Loaded[] = [];
      for (const name of columnsOf(program))
        loaded.push(await load(space, await catalogue.locate("test", partition, name, forms.get(name))));
      const addresses = program.inputs.map((input) => addressOf(input, loaded));
      const bytes = workBytes(program, scratch);
      const work = { address: space.reserve(bytes), bytes };
      merger.add(computePartial({ program, module, memory: space.memory, entries: partition.entries, addresses, work }));
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  const merged = merger.read();
  return {
    ...merged,
    dataset,
    failures,
    histogram: (name) => merged.histograms[planned.order.get(name)!]!,
    total(name) {
      const total = merged.totals![planned.totalOrder.get(name)!]!;
      return { ...total, sum: roundTotal(total.sum) };
    },
  };
}

interface Loaded {
  readonly location: ColumnLocation;
  readonly target: ColumnTarget;
}

class Space {
  readonly memory = new WebAssembly.Memory({ initial: 64, maximum: 16_384, shared: true });
  #top = 16;

  reserve(bytes: number): number {
    const address = this.#top;
    this.#top = Math.ceil((address + bytes + 16) / 16) * 16;
    const lacking = this.#top - this.memory.buffer.byteLength;
    if (lacking > 0) this.memory.grow(Math.ceil(lacking / 65_536));
    return address;
  }
}

/** Memory that threads could share keeps its views when it grows. */
async function load(space: Space, location: ColumnLocation): Promise<Loaded> {
  const target = makeTarget(location, (bytes) => ({ address: space.reserve(bytes), buffer: space.memory.buffer }));
  await readColumn(location, target);
  return { location, target };
}

function addressOf(input: Input, loaded: readonly Loaded[]): number {
  const isMeant = ({ location: { column } }: Loaded) =>
    input.kind === "offsets" ? standsIn(column, input.lists) : column.name === input.column;
  const { target } = loaded.find(isMeant)!;
  const array = input.kind === "offsets" ? target.offsets[input.lists.length - 1] : target[input.kind];
  if (!array) throw new Error(`no ${input.kind} of ${nameOf(input)}`);
  return array.byteOffset;
}
