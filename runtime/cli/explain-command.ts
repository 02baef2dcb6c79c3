/** `femtoq explain`: what a query would read and compute, without running it. */
import type { Command } from "commander";
import type { Column } from "../../engine/schema.ts";
import { formatNumber } from "../../functions/render/format-number.js";
import { type Context, drawOptions, type GetContext, print } from "./context.ts";
import { readQuery } from "./read-query.ts";

interface Explanation {
  readonly dataset: string;
  readonly preparing?: { readonly entries: number; readonly total: number };
  readonly columns: readonly Column[];
  readonly events: number;
  readonly partitions: {
    readonly total: number;
    readonly stored: number;
    readonly waiting: number;
    readonly running: number;
    readonly failed: number;
    readonly toCompute: number;
  };
  readonly filters: readonly string[];
  readonly histograms: readonly {
    readonly name: string;
    readonly storage: string;
    readonly bins: readonly number[];
    readonly values: readonly string[];
  }[];
}

export function addExplainCommand(program: Command, getContext: GetContext): void {
  program
    .command("explain")
    .description("check a query and show what it would read and compute, without running it")
    .argument("<file>", "the query as JSON; - reads standard input")
    .option("--json", "as the server gives it")
    .addHelpText("after", "\nExamples:\n  femtoq explain examples/z-peak.json\n  femtoq explain query.json --json | jq .columns")
    .action(async (file: string, { json }: { readonly json?: boolean }) => {
      const context = getContext();
      const { text, query } = await readQuery(file, context.terminal);
      context.query = query;
      const explanation: Explanation = await context.api.explain(text, context.signal);
      await print(context, json ? JSON.stringify(explanation) : describe(context, explanation));
    });
}

function describe(context: Context, { dataset, preparing, columns, events, partitions, filters, histograms }: Explanation): string {
  const { bold, dim } = drawOptions(context).colours;
  const states = (["stored", "running", "waiting", "failed"] as const).filter((state) => partitions[state] > 0);
  const known = states.map((state) => `${formatNumber(partitions[state])} ${state}`);
  return [
    `${bold(dataset)} · ${formatNumber(events)} events in ${formatNumber(partitions.total)} partitions${preparing ? ", still being made" : ""}`,
    `partitions: ${[...known, `${formatNumber(partitions.toCompute)} to compute`].join(", ")}`,
    "",
    bold(`reads ${columns.length} ${columns.length === 1 ? "column" : "columns"}`),
    ...columns.map(({ name, dtype, collection }) => `  ${name} ${dim(`${collection === undefined ? "" : "list of "}${dtype}`)}`),
    ...(filters.length > 0 ? ["", bold("filters"), ...filters.map((filter) => `  ${filter}`)] : []),
    "",
    bold("fills"),
    ...histograms.flatMap(({ name, storage, bins, values }) => [
      `  ${name} ${dim(`${bins.map(formatNumber).join(" × ")} bins, ${storage}`)}`,
      ...values.map((value) => `    ${value}`),
    ]),
  ].join("\n");
}
