/** What a query would do, without doing it. */
import { binsOf } from "../../../engine/axes/axes.ts";
import type { Dispatcher } from "../dispatcher.ts";
import { countPartitions } from "../follow/partition-state.ts";
import { compileChecked } from "./plan-query.ts";

/** Characters that an explanation repeats of each expression. */
const mostRepeated = 200;

export async function explainQuery({ planned, services }: Pick<Dispatcher, "planned" | "services">, text: string): Promise<unknown> {
  const { query, dataset, checked, plan } = await planned.get(text);
  const { program, order } = checked.programs[0];
  const [counts, result] = await Promise.all([countPartitions(plan, services), services.store.getResult(plan.planKey)]);
  const { total, done, waiting, loading, running, failed, absent } = counts;
  const used = new Set(program.inputs.flatMap((input) => (input.kind === "offsets" ? input.columns : [input.column])));
  return {
    dataset: dataset.name,
    ...(dataset.preparing && { preparing: dataset.preparing }),
    programKey: plan.programKey,
    planKey: plan.planKey,
    columns: dataset.schema.columns.filter(({ name }) => used.has(name)),
    events: dataset.entries,
    partitions: {
      total,
      stored: result ? total : done,
      waiting,
      running: loading + running,
      failed,
      toCompute: result ? 0 : absent,
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
    moduleBytes: compileChecked(checked.programs[0], dataset.schema).module.length,
  };
}

const shorten = (text: string): string =>
  text.length <= mostRepeated ? text : `${text.slice(0, mostRepeated)}… (the first ${mostRepeated} of ${text.length} characters)`;
