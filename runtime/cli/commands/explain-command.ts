/** `femtoq explain` shows what a query would read and compute, without running it, or where the time of a query that ran went. */
import type { Command } from "commander";
import type { Column } from "../../../engine/program/schema.ts";
import { describeColumn } from "../../../functions/render/describe-column.js";
import { displayable } from "../../../functions/render/displayable.js";
import { formatBytes, formatNumber } from "../../../functions/render/format-number.js";
import { CommandFailed, exitCodes } from "../command-failed.ts";
import { type DescribedPlan, drawPlan } from "../draw/draw-plan.ts";
import { drawTiming } from "../draw/draw-timing.ts";
import { drawOptions, type GetInvocation, type Invocation, print } from "../invocation.ts";
import { readQuery } from "../read-query.ts";

interface Explanation {
  readonly dataset: string;
  readonly preparing?: { readonly entries: number; readonly total: number };
  readonly notices?: readonly string[];
  readonly columns: readonly Column[];
  readonly events: number;
  readonly partitions: {
    readonly total: number;
    readonly stored: number;
    readonly waiting: number;
    readonly running: number;
    readonly failed: number;
    readonly toCompute: number;
    readonly skipped: number;
    readonly skippedIsEstimate?: true;
  };
  readonly filters: readonly string[];
  readonly histograms: readonly {
    readonly name: string;
    readonly storage: string;
    readonly bins: readonly number[];
    readonly values: readonly string[];
  }[];
  readonly plan: DescribedPlan;
}

export function addExplainCommand(program: Command, getInvocation: GetInvocation): void {
  program
    .command("explain")
    .description(
      "check a query and show what it would read and compute, without running it; with --after, where the time of one that ran went",
    )
    .argument("[file]", "the query as JSON; - reads standard input")
    .option("--after <id>", "of a query, as `femtoq query` prints it, instead of a file")
    .option("--json", "as the server gives it")
    .addHelpText(
      "after",
      "\nExamples:\n  femtoq explain examples/z-peak.json\n  femtoq explain query.json --json | jq .columns\n  femtoq explain --after 3f6c…",
    )
    .action(async (file: string | undefined, { json, after }: { readonly json?: boolean; readonly after?: string }) => {
      const invocation = getInvocation();
      if ((file === undefined) === (after === undefined))
        throw new CommandFailed(exitCodes.badQuery, "Cannot explain: name either a file or, with --after, a query that ran");
      if (after !== undefined) return explainAfter(invocation, after, json === true);
      const { text, query } = await readQuery(file!, invocation.terminal);
      invocation.query = query;
      const explanation: Explanation = await invocation.api.explain(text, invocation.signal);
      await print(invocation, json ? JSON.stringify(explanation) : describe(invocation, displayable(explanation)));
    });
}

async function explainAfter(invocation: Invocation, id: string, json: boolean): Promise<void> {
  const status = await invocation.api.status(id, invocation.signal);
  await print(invocation, json ? JSON.stringify(status.timing) : drawTiming(status, drawOptions(invocation)));
}

function describe(invocation: Invocation, explanation: Explanation): string {
  const { dataset, preparing, notices = [], columns, events, partitions, filters, histograms, plan } = explanation;
  const { bold, dim } = drawOptions(invocation).colours;
  const sizes = new Map(
    plan.columns.map(({ name, bytes, isEstimate }) => [
      name,
      bytes === undefined ? "" : `${isEstimate ? "about " : ""}${formatBytes(bytes)}`,
    ]),
  );
  const included = plan.variations?.length ? " (variations counted)" : "";
  const states = (["stored", "running", "waiting", "failed"] as const).filter((state) => partitions[state] > 0);
  const known = states.map((state) => `${formatNumber(partitions[state])} ${state}`);
  return [
    `${bold(dataset)} · ${formatNumber(events)} events in ${formatNumber(partitions.total)} partitions${included}${preparing ? ", still being made" : ""}`,
    `partitions: ${[...known, `${formatNumber(partitions.toCompute)} to compute`].join(", ")}`,
    ...(partitions.skipped > 0
      ? [`no event of ${partitions.skippedIsEstimate ? "about " : ""}${formatNumber(partitions.skipped)} partitions can pass the filters`]
      : []),
    ...notices.map((notice) => `note: ${notice}`),
    "",
    bold(`reads ${columns.length} ${columns.length === 1 ? "column" : "columns"}`),
    ...columns.map(
      (column) => `  ${column.name} ${dim([describeColumn(column), sizes.get(column.name)].filter((part) => part).join(", "))}`,
    ),
    ...(filters.length > 0 ? ["", bold("filters"), ...filters.map((filter) => `  ${filter}`)] : []),
    "",
    bold("fills"),
    ...histograms.flatMap(({ name, storage, bins, values }) => [
      `  ${name} ${dim(`${bins.map(formatNumber).join(" × ")} bins, ${storage}`)}`,
      ...values.map((value) => `    ${value}`),
    ]),
    ...drawPlan(plan, { bold }),
  ].join("\n");
}
