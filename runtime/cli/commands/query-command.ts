/** `femtoq query` sends a query, waits for its end and shows the result. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Status } from "../../../functions/api.ts";
import { askToEnd } from "../../../functions/client/ask-to-end.js";
import { displayable } from "../../../functions/render/displayable.js";
import { CommandFailed, exitCodes } from "../command-failed.ts";
import { checkDelivery, type Delivery, deliverResult, formats } from "../deliver-result.ts";
import { showProgress } from "../draw/show-progress.ts";
import { type GetInvocation, type Invocation, warn } from "../invocation.ts";
import { readQuery } from "../read-query.ts";

export interface ResultOptions extends Delivery {
  readonly progress: boolean;
  readonly timeout?: number;
}

/** In milliseconds: how long to try without a connection, and the interval of asking again while a dataset grows. */
const patience = 30_000;
const growthInterval = 500;

const examples = `
A query is a JSON file:

  {
    "dataset": "demo",
    "histograms": {
      "mass": {
        "axes": [{ "type": "regular", "bins": 100, "lower": 0, "upper": 120, "label": "m [GeV]",
                   "value": "Muon.pairs().map((a, b) => (a + b).mass)" }]
      }
    }
  }

Examples:
  femtoq query examples/dimuon-mass.json
  femtoq query examples/z-peak.json --histogram mass --output z.csv
  femtoq query rows.json --rows | head                     the query has "rows": { "columns": { "pt": "Muon[0].pt" } }
  femtoq query rows.json --output events.parquet           npm start -- --data NAME=events.parquet makes a dataset of it
  jq '.weight = "genWeight"' query.json | femtoq query - --format json | jq .cutflow

The same query again, by anyone, comes from the store. Ctrl-C withdraws it.`;

export function addQueryCommand(program: Command, getInvocation: GetInvocation): void {
  withResultOptions(program.command("query"))
    .description("run a query and draw its histograms, or write its rows")
    .argument("<file>", "the query as JSON; - reads standard input")
    .addHelpText("after", examples)
    .option("--rows", "write the query's rows, as JSON lines or as --format parquet")
    .action(async (file: string, options: ResultOptions) => {
      const invocation = getInvocation();
      const { text, query } = await readQuery(file, invocation.terminal);
      invocation.query = query;
      await runToResult(invocation, (signal) => invocation.api.submit(text, signal), options);
    });
}

/** Adds the options of all commands that deliver a result. */
export function withResultOptions(command: Command): Command {
  return command
    .addOption(new Option("--format <format>", "of the result (as the extension of --output has it, or text)").choices(formats))
    .option("--output <file>", "write the result there instead of standard output")
    .option("--histogram <name>", "only this one of several histograms")
    .option("--no-progress", "no progress bar, also on a terminal")
    .option("--timeout <seconds>", "withdraw the query when it takes longer", readSeconds);
}

export async function runToResult(
  invocation: Invocation,
  ask: (signal: AbortSignal) => Promise<Status>,
  options: ResultOptions,
): Promise<void> {
  const { api, terminal } = invocation;
  checkDelivery(options, invocation.query, terminal.stdout);
  const timeout = options.timeout === undefined ? undefined : AbortSignal.timeout(options.timeout * 1000);
  const signal = timeout ? AbortSignal.any([invocation.signal, timeout]) : invocation.signal;
  const progress = showProgress(terminal.stderr, { enabled: options.progress });
  const told = new Set<string>();
  const onStatus = (status: Status) => {
    for (const [reason, text] of Object.entries(describeWaiting(displayable(status)))) {
      if (told.has(reason) || terminal.stderr.isTTY) continue;
      told.add(reason);
      warn(invocation, text).catch(() => undefined);
    }
    progress.show(status);
  };
  try {
    const status = await askToEnd({ api, ask, onStatus, signal, patience, growthInterval });
    progress.stop();
    await deliverResult(invocation, status, options);
  } catch (error) {
    if (!timeout?.aborted || invocation.signal.aborted) throw error;
    throw new CommandFailed(
      exitCodes.failed,
      `The query did not end within ${options.timeout} s and was withdrawn; what was computed is kept for the next time`,
    );
  } finally {
    progress.stop();
  }
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError("It must be a number of seconds, at most 86400.");
}

/** Explains why the query may take long, by reason. On a terminal the progress bar shows it. */
function describeWaiting({ dataset, preparing, note }: Status): Readonly<Record<string, string>> {
  const why = note?.replace(/^no nodes(: )?(.*)/, (_, colon, reason) => (colon ? ` (${reason})` : ""));
  return {
    ...(preparing && {
      preparing: `The dataset ${dataset} is still being made (${preparing.entries} of ${preparing.total} events): waiting for the rest`,
    }),
    ...(note !== undefined && {
      [note]: note.startsWith("no nodes")
        ? `There are no compute nodes${why}: the query waits until one starts`
        : `The query waits: ${note}`,
    }),
  };
}
