/** What a query would do, without doing it. */
import { subtaskKey } from "../../../base/subtask-key.ts";
import { binsOf } from "../../../engine/axes/axes.ts";
import type { Dispatcher } from "../dispatcher.ts";
import { compileChecked } from "./plan-query.ts";

export async function explainQuery({ planned, services }: Pick<Dispatcher, "planned" | "services">, text: string): Promise<unknown> {
  const { query, dataset, checked, plan } = await planned.get(text);
  const { program, order } = checked;
  const keys = plan.partitions.map(({ fingerprint }) => subtaskKey(plan.programKey, fingerprint));
  const [stored, states, result] = await Promise.all([
    services.store.findPartials(keys),
    services.coordinator.states(keys),
    services.store.getResult(plan.planKey),
  ]);
  const kinds = [...states.values()].map(({ kind }) => kind);
  const count = (kind: "unowned" | "owned" | "failed") => kinds.filter((each) => each === kind).length;
  const used = new Set(program.inputs.flatMap((input) => (input.kind === "offsets" ? input.columns : [input.column])));
  return {
    dataset: dataset.name,
    ...(dataset.preparing && { preparing: dataset.preparing }),
    programKey: plan.programKey,
    planKey: plan.planKey,
    columns: dataset.schema.columns.filter(({ name }) => used.has(name)),
    events: dataset.entries,
    partitions: {
      total: keys.length,
      stored: result ? keys.length : stored.size,
      waiting: count("unowned"),
      running: count("owned"),
      failed: count("failed"),
      toCompute: result ? 0 : keys.filter((key) => !stored.has(key) && !states.has(key)).length,
    },
    filters: query.query.filter,
    histograms: Object.entries(query.query.histograms).map(([name, { axes }]) => {
      const { storage, axes: shapes } = program.histograms[order.get(name)!];
      return {
        name,
        storage,
        bins: shapes.map(binsOf),
        values: axes.map(({ value }) => value),
      };
    }),
    steps: program.terms.length,
    moduleBytes: compileChecked(checked, dataset.schema).module.length,
  };
}
