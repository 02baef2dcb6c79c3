/** Draws how a query's program runs: its loops, what they keep and share, and where the cost goes. */
import type { CostDescription, LoopDescription, ProgramDescription } from "../../../engine/explain/describe-program.ts";
import type { VariationDescription } from "../../../engine/explain/describe-variation.ts";
import { formatNumber } from "../../../functions/render/format-number.js";
import { drawTable } from "./draw-table.ts";

export interface DescribedPlan extends ProgramDescription {
  readonly columns: readonly { readonly name: string; readonly bytes?: number; readonly isEstimate?: boolean }[];
  readonly variations?: readonly (VariationDescription & { readonly name: string })[];
  readonly moreVariations?: number;
}

export function drawPlan(plan: DescribedPlan, { bold }: { readonly bold: (text: string) => string }): readonly string[] {
  const { loops, kept, tables, counted, wideTuples, shared, variations = [], moreVariations = 0 } = plan;
  const section = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ["", bold(title), ...lines.map((line) => `  ${line}`)];
  return [
    ...section("loops", loops.map(drawLoop)),
    ...section("searched once and kept", kept),
    ...section(
      "computed once for each element, not for each tuple",
      tables.flatMap(({ over, things }) => [`of ${over}`, ...things.map((thing) => `  ${thing}`)]),
    ),
    ...section("counted for many events at once, two elements at a time", counted),
    ...section("computed two at a time", wideTuples),
    ...section(
      "used by several",
      shared.length === 0
        ? []
        : drawTable(
            [{ head: "users", align: "right" }, { head: "cost", align: "right" }, { head: "expression" }],
            shared.map(({ text, uses, cost }) => [String(uses), formatNumber(cost), text]),
          ),
    ),
    ...section(`cost: about ${formatNumber(plan.cost)} simple instructions for each event`, drawCosts(plan)),
    ...section("variations add", [
      ...variations.map(drawVariation),
      ...(moreVariations > 0 ? [`and ${formatNumber(moreVariations)} more variations`] : []),
    ]),
  ];
}

function drawLoop({ way, over, wide, filter, fills }: LoopDescription): string {
  const loop =
    way === "flat"
      ? `over the values of ${over}, four at a time`
      : way === "content"
        ? `over the elements of ${over} of all events${wide ? ", four at a time" : ""}`
        : over === "events"
          ? "once for each event"
          : `for each event, over ${over}`;
  return `${loop}${filter ? `, where ${filter}` : ""}: ${fills.length > 0 ? `fills ${fills.join(", ")}` : "filters and sums"}`;
}

function drawCosts({ filters, defines, histograms }: ProgramDescription): readonly string[] {
  const rows = (kind: string, costs: readonly CostDescription[]) =>
    costs.map(({ what, cost, alone }) => [formatNumber(cost), formatNumber(alone), `${kind} ${what}`]);
  const all = [...rows("define", defines), ...rows("filter", filters), ...rows("histogram", histograms)];
  return drawTable([{ head: "cost", align: "right" }, { head: "alone", align: "right" }, { head: "" }], all);
}

function drawVariation({ name, columns, steps, added, cost }: VariationDescription & { readonly name: string }): string {
  const reads = columns.length > 0 ? `, reads ${columns.join(", ")}` : "";
  return `${name}: ${formatNumber(added)} of its ${formatNumber(steps)} steps, about ${formatNumber(cost)} instructions${reads}`;
}
