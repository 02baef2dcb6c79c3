/**
 * `npm run bench:repeats` asks many queries over few distinct plans, as several clients and of several dispatchers at once, in one process.
 * It fails where an answer is missing or wrong, something is computed twice, or something is left in the queue.
 */
import process from "node:process";
import { Command, InvalidArgumentError, Option } from "commander";
import { countsOf } from "../contracts/claim-one.ts";
import { askMany, checkAnswers } from "../support/ask-many.ts";
import { CleanupStack } from "../support/cleanup.ts";
import { type Form, forms, openDispatchers } from "../support/open-dispatchers.ts";
import { quantile } from "../support/timing.ts";

interface Options {
  readonly queries: number;
  readonly keys: number;
  readonly clients: number;
  readonly parallel: number;
  readonly dispatchers: number;
  readonly form: Form;
  readonly json?: boolean;
}

const options = new Command("bench:repeats")
  .description("asks many queries over few plans, and counts")
  .option("--queries <N>", "requests", wholeNumber, 4096)
  .option("--keys <K>", "distinct plans", wholeNumber, 5)
  .option("--clients <C>", "names that ask", wholeNumber, 7)
  .option("--parallel <N>", "requests under way at a time", wholeNumber, 64)
  .option("--dispatchers <N>", "each with a node of its own", wholeNumber, 2)
  .addOption(new Option("--form <FORM>", "what the dispatchers share").choices(forms).default("embedded"))
  .option("--json", "one JSON line")
  .parse()
  .opts<Options>();

const cleanup = new CleanupStack();
try {
  await run(options);
} finally {
  await cleanup.close();
}

async function run({ queries, keys, clients, parallel, dispatchers, form, json }: Options): Promise<void> {
  const opened = await openDispatchers(cleanup, { form, count: dispatchers });
  if ("missing" in opened) throw new Error(`Cannot run on ${form}: there is ${opened.missing}`);
  const { name, apps, dataset, events, partitions } = opened;
  const begun = performance.now();
  const posts = apps.map(({ post }) => post);
  const asked = await askMany({ queries, keys, clients, parallel, dataset, posts, onAnswer: json ? () => {} : tellProgress });
  const seconds = (performance.now() - begun) / 1000;
  const computed = apps.flatMap((app) => app.computed);
  const left = await countsOf(apps[0]!.services.coordinator);
  checkAnswers(asked, { events, partitions, computed, left });
  const { sent, answered, stored, joined, queued, latencies } = asked;
  const figures = {
    shared: name,
    dispatchers,
    clients,
    sent,
    answered,
    keys,
    distinctAnswers: asked.answers.reduce((sum, { size }) => sum + size, 0),
    stored,
    joined,
    queued,
    total: sent * partitions,
    computed: computed.length,
    left: left.unowned + left.owned + left.failed,
    seconds: Number(seconds.toFixed(2)),
    p50: Number(quantile(latencies, 0.5).toFixed(2)),
    p99: Number(quantile(latencies, 0.99).toFixed(2)),
  };
  if (json) console.log(JSON.stringify(figures));
  else for (const [what, value] of Object.entries(figures)) console.log(`${what.padEnd(16)}${value}`);
}

function tellProgress(answered: number): void {
  if (answered % 500 === 0) process.stderr.write(`${answered} answered …\n`);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError("a whole number from 1 is required");
  return value;
}
