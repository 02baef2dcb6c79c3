/**
 * `femtoq queries` lists recent queries, `femtoq retry` computes failed partitions again, `femtoq purge` removes what is stored of a query.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Status } from "../../../functions/api.ts";
import type { QueryLine } from "../../../functions/dispatch/answer/list-queries.ts";
import { displayable } from "../../../functions/render/displayable.js";
import { formatAge, formatBytes } from "../../../functions/render/format-number.js";
import { drawTable } from "../draw/draw-table.ts";
import { type GetInvocation, type Invocation, operatorOf, print, warn, whereOperatorsAsk } from "../invocation.ts";
import { type ResultOptions, runToResult, withResultOptions } from "./query-command.ts";

interface ListOptions {
  readonly dataset?: string;
  readonly name?: string;
  readonly state?: string;
  readonly limit: number;
  readonly before?: string;
  readonly json?: boolean;
}

export function addQueriesCommands(program: Command, getInvocation: GetInvocation): void {
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
      const invocation = getInvocation();
      const parameters = Object.entries(options).map(([key, value]) => [key, String(value)]);
      const listed = (await invocation.api.json(`/queries?${new URLSearchParams(parameters)}`, { signal: invocation.signal })) as {
        readonly queries: readonly QueryLine[];
        readonly next?: string;
      };
      if (json) return print(invocation, JSON.stringify(listed));
      await print(invocation, listed.queries.length === 0 ? "no queries" : drawLines(listed.queries).join("\n"));
      if (listed.next !== undefined) await warn(invocation, `more: --before ${listed.next}`);
    });

  withResultOptions(program.command("retry"))
    .description("compute the failed partitions of a query again, wait, and draw its histograms")
    .argument("<id>", "of a query, as `femtoq query` prints it")
    .action(async (id: string, options: ResultOptions) => {
      const invocation = getInvocation();
      await runToResult(invocation, (signal) => retry(invocation, id, signal), options);
    });

  program
    .command("purge")
    .description(`withdraw from a query and remove its result and partials from the store: ${whereOperatorsAsk}`)
    .argument("<id>", "of a query, as `femtoq query` prints it")
    .action(async (id: string) => {
      const invocation = getInvocation();
      const { removed, kept } = await invocation.api.purge(id, operatorOf(invocation));
      await print(invocation, `removed ${removed}, kept ${kept} that others use`);
    });
}

async function retry(invocation: Invocation, id: string, signal: AbortSignal): Promise<Status> {
  return (await invocation.api.json(`/queries/${encodeURIComponent(id)}/retry`, { method: "POST", signal })) as Status;
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
    displayable(queries).map(({ id, state, dataset, ageSeconds, lastAccess, bytes, name }) => [
      id,
      state,
      dataset ?? "",
      formatAge(ageSeconds),
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
