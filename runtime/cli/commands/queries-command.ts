/** `femtoq queries`: recent queries. `femtoq retry`: computes failed partitions again. `femtoq purge`: removes what is stored of a query. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Status } from "../../../functions/api.ts";
import type { QueryLine } from "../../../functions/dispatch/answer/list-queries.ts";
import { formatBytes } from "../../../functions/render/format-number.js";
import { type Context, type GetContext, print, warn } from "../context.ts";
import { describeAge } from "../draw/describe-age.ts";
import { drawTable } from "../draw/draw-table.ts";
import { type ResultOptions, runToResult, withResultOptions } from "./query-command.ts";

interface ListOptions {
  readonly dataset?: string;
  readonly name?: string;
  readonly state?: string;
  readonly limit: number;
  readonly before?: string;
  readonly json?: boolean;
}

export function addQueriesCommands(program: Command, getContext: GetContext): void {
  program
    .command("queries")
    .description("list recent queries, newest first")
    .option("--dataset <name>", "only those over this dataset")
    .option("--name <text>", "only those with this in their name")
    .addOption(new Option("--state <state>", "only those in this state").choices(["waiting", "running", "done", "failed", "cancelled"]))
    .option("--limit <number>", "at most so many", readLimit, 20)
    .option("--before <place>", "the page after this one, as the last line of a page says")
    .option("--json", "as the server gives it")
    .addHelpText("after", "\nExamples:\n  femtoq queries --state running\n  femtoq queries --dataset demo --json | jq -r '.queries[].id'")
    .action(async ({ json, ...options }: ListOptions) => {
      const context = getContext();
      const parameters = Object.entries(options).map(([key, value]) => [key, String(value)]);
      const listed = (await context.api.json(`/queries?${new URLSearchParams(parameters)}`, { signal: context.signal })) as {
        readonly queries: readonly QueryLine[];
        readonly next?: string;
      };
      if (json) return print(context, JSON.stringify(listed));
      await print(context, listed.queries.length === 0 ? "no queries" : drawLines(listed.queries).join("\n"));
      if (listed.next !== undefined) await warn(context, `more: --before ${listed.next}`);
    });

  withResultOptions(program.command("retry"))
    .description("compute the failed partitions of a query again, wait, and draw its histograms")
    .argument("<id>", "of a query, as `femtoq query` prints it")
    .action(async (id: string, options: ResultOptions) => {
      const context = getContext();
      await runToResult(context, (signal) => retry(context, id, signal), options);
    });

  program
    .command("purge")
    .description("withdraw from a query and remove its result and partials from the store")
    .argument("<id>", "of a query, as `femtoq query` prints it")
    .action(async (id: string) => {
      const context = getContext();
      const answer = (await context.api.json(`/queries/${encodeURIComponent(id)}?purge`, { method: "DELETE", signal: context.signal })) as {
        readonly removed: number;
        readonly kept: number;
      };
      await print(context, `removed ${answer.removed}, kept ${answer.kept} that others use`);
    });
}

async function retry(context: Context, id: string, signal: AbortSignal): Promise<Status> {
  return (await context.api.json(`/queries/${encodeURIComponent(id)}/retry`, { method: "POST", signal })) as Status;
}

const drawLines = (queries: readonly QueryLine[]) =>
  drawTable(
    [
      { head: "id" },
      { head: "state" },
      { head: "dataset" },
      { head: "age", align: "right" },
      { head: "used", align: "right" },
      { head: "size", align: "right" },
      { head: "name" },
    ],
    queries.map(({ id, state, dataset, ageSeconds, lastAccess, bytes, name }) => [
      id,
      state,
      dataset ?? "",
      describeAge(ageSeconds),
      lastAccess.slice(0, 16).replace("T", " "),
      bytes === 0 ? "" : formatBytes(bytes),
      name ?? "",
    ]),
  );

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 500) return limit;
  throw new InvalidArgumentError("It must be a whole number from 1 to 500.");
}
