/** Explains what a query would do, without running it. */

import type { Catalogue, Dataset } from "../../../datasets/dataset.ts";
import { binsOf } from "../../../engine/axes/axes.ts";
import { compileNoted } from "../../../engine/compile/compile-program.ts";
import { describeProgram } from "../../../engine/explain/describe-program.ts";
import { describeVariation } from "../../../engine/explain/describe-variation.ts";
import { columnsOf } from "../../../engine/program/inputs.ts";
import { bytesPerValue, type Column } from "../../../engine/program/schema.ts";
import type { Dispatcher } from "../dispatcher.ts";
import { countPartitions } from "../follow/partition-state.ts";
import { countSkipped } from "./count-skipped.ts";
import type { CheckedQuery } from "./plan-query.ts";

/** The most characters that an explanation repeats of each expression. */
const mostRepeated = 200;
/** The most variations that are described; the others are only counted. */
const mostVariations = 12;
/** The most partitions whose lists are measured; the others are assumed to be like them. */
const mostAsked = 4;

export async function explainQuery({ planned, services }: Pick<Dispatcher, "planned" | "services">, text: string): Promise<unknown> {
  const { query, dataset, checked, plan } = await planned.get(text);
  const { program, order } = checked.programs[0];
  const { filters } = checked.programs[0].terms;
  const [counts, result, skipped] = await Promise.all([
    countPartitions(plan, services),
    services.store.getResult(plan.planKey),
    countSkipped(filters, dataset, services.catalogue),
  ]);
  const { total, done, waiting, loading, running, failed, absent } = counts;
  const { module, notes } = compileNoted(checked.programs[0].terms, dataset.schema);
  const used = new Set(program.inputs.flatMap((input) => (input.kind === "offsets" ? input.columns : [input.column])));
  return {
    dataset: dataset.name,
    ...(dataset.preparing && { preparing: dataset.preparing }),
    ...(checked.notices.length > 0 && { notices: checked.notices }),
    programKey: plan.programKey,
    planKey: plan.planKey,
    columns: columnsNamed(used, dataset),
    events: dataset.entries,
    partitions: {
      total,
      stored: result ? total : done,
      waiting,
      running: loading + running,
      failed,
      toCompute: result ? 0 : absent,
      ...skipped,
    },
    filters: query.query.filter.map(shorten),
    histograms: Object.entries(query.query.histograms).map(([name, { axes }]) => {
      const { storage, axes: shapes } = program.histograms[order.get(name)!];
      return {
        name,
        storage,
        bins: shapes.map(binsOf),
        values: axes.map(({ value }) => shorten(value)),
      };
    }),
    steps: program.terms.length,
    moduleBytes: module.length,
    plan: {
      columns: await describeColumns(columnsOf(program), dataset, services.catalogue),
      ...describeProgram(checked.programs[0], dataset.schema, notes),
      ...describeVariations(checked),
    },
  };
}

function describeVariations({ programs: [nominal], variations }: CheckedQuery) {
  if (variations.size === 0) return {};
  const described = [...variations].slice(0, mostVariations);
  return {
    variations: described.map(([name, { terms }]) => ({ name: shorten(name), ...describeVariation(nominal.terms, terms) })),
    ...(variations.size > described.length && { moreVariations: variations.size - described.length }),
  };
}

interface ColumnBytes {
  readonly name: string;
  /** The bytes of its values in memory, over all partitions; absent if they are not known. */
  readonly bytes?: number;
  /** Set if only some partitions were measured, and the others are assumed to be like them. */
  readonly isEstimate?: true;
}

async function describeColumns(names: readonly string[], dataset: Dataset, catalogue: Catalogue): Promise<readonly ColumnBytes[]> {
  const { partitions } = dataset;
  const step = Math.max(1, partitions.length / mostAsked);
  const asked = Array.from({ length: Math.min(mostAsked, partitions.length) }, (_, index) => partitions[Math.floor(index * step)]!);
  const entries = asked.reduce((sum, partition) => sum + partition.entries, 0);
  const columns = columnsNamed(new Set(names), dataset);
  const describe = async ({ name, dtype, nullable, lists }: Column): Promise<ColumnBytes> => {
    const size = bytesPerValue[dtype] + (nullable ? 1 : 0);
    if (lists.length === 0) return { name, bytes: dataset.entries * size };
    try {
      const located = await Promise.all(asked.map((partition) => catalogue.locate(dataset.name, partition, name)));
      const values = located.reduce((sum, each) => sum + each.values, 0);
      if (asked.length === partitions.length) return { name, bytes: values * size };
      return { name, bytes: Math.round((values * size * dataset.entries) / entries), isEstimate: true };
    } catch {
      // The file cannot be read now, or lacks the column. Running the query will report that.
      return { name };
    }
  };
  return Promise.all(columns.map(describe));
}

/** Returns the columns of these names, including those that tell which lists are null. */
function columnsNamed(names: ReadonlySet<string>, { schema: { columns, nullableLists = [] } }: Dataset): readonly Column[] {
  return [...columns, ...nullableLists.map(({ column }) => column)].filter(({ name }) => names.has(name));
}

const shorten = (text: string): string =>
  text.length <= mostRepeated ? text : `${text.slice(0, mostRepeated)}… (the first ${mostRepeated} of ${text.length} characters)`;
