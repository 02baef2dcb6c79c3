/**
 * `npm run bench:engine` measures the demo over HTTP against its aims, or, with --data, the engine alone on the ADL queries, with --against beside another
 * program. It asserts nothing.
 */
import process from "node:process";
import { Command } from "commander";
import { drawTable } from "../../runtime/cli/draw/draw-table.ts";
import { compareWithPeer } from "./adl/compare-with-peer.ts";
import { compileTimes } from "./adl/compile-times.ts";
import { prepareQueries } from "./adl/prepare-queries.ts";
import { compareThreads } from "./adl/threads.ts";
import { benchmarkDemo } from "./demo-server.ts";
import { Columns } from "./load-columns.ts";

interface Options {
  readonly data?: string;
  readonly against?: string;
  readonly columns?: string;
  readonly rounds: string;
  readonly query?: readonly string[];
  readonly compile?: boolean;
  readonly threads?: string;
  readonly json?: boolean;
}

const options = new Command("bench:engine")
  .description("how fast the engine is: end to end on the demo dataset, or with --data by itself on the ADL queries")
  .option("--data <file>", "events.parquet of the CMS shape")
  .option("--against <program>", "in turn with a program that prints lines as --json does: cc -O3 -march=native -o adl adl.c -lm")
  .option("--columns <directory>", "what that program reads: its first argument")
  .option("--rounds <count>", "how often in turn", "11")
  .option("--query <names...>", "only these, such as 5 6-1")
  .option("--compile", "how long they take to compile, beside what they may take")
  .option("--threads <count>", "what so many threads compute at once, beside one of them")
  .option("--json", "one JSON line for each figure")
  .parse()
  .opts<Options>();

const tell = (text: string) => process.stderr.write(`${text}\n`);
const number = (value: number, digits = 1) => value.toFixed(digits);

if (options.data === undefined) await showDemo();
else if (options.compile) await showCompiling(options.data);
else if (options.threads) await showThreads(options.data, Number(options.threads));
else if (options.against === undefined) await showQueries(options.data);
else await showComparison(options.data, { path: options.against, columns: options.columns ?? "." });

async function showDemo(): Promise<void> {
  const figures = await benchmarkDemo((step) => tell(`${step} …`));
  if (options.json) for (const figure of figures) console.log(JSON.stringify({ ...figure, ratio: figure.milliseconds / figure.aim }));
  else {
    const rows = figures.map(({ what, milliseconds, aim }) => [what, number(milliseconds), String(aim), number(milliseconds / aim, 2)]);
    showTable(["figure", "ms", "aim", "ratio"], rows);
  }
}

async function showCompiling(data: string): Promise<void> {
  const times = await compileTimes((await Columns.open(data)).dataset.schema);
  if (options.json) for (const time of times) console.log(JSON.stringify(time));
  else
    showTable(
      ["query", "ms", "at most"],
      times.map(({ what, milliseconds, most }) => [what, number(milliseconds, 2), String(most)]),
    );
}

async function showThreads(data: string, threads: number): Promise<void> {
  const speeds = await compareThreads(data, threads, options.query);
  if (options.json) for (const speed of speeds) console.log(JSON.stringify({ ...speed, threads, ratio: speed.all / speed.one }));
  else
    showTable(
      ["query", "one thread", `${threads} threads`, "ratio"],
      speeds.map(({ query, one, all }) => [query, number(one), number(all), number(all / one, 2)]),
    );
}

/** The best of a few runs counts. */
async function showQueries(data: string): Promise<void> {
  const rows: string[][] = [];
  for (const query of await prepareQueries(await Columns.open(data), options.query)) {
    const runs = Array.from({ length: 6 }, () => query.run());
    const [{ speed: first, counts }, ...others] = runs;
    const best = Math.max(...others.map(({ speed }) => speed));
    if (options.json) console.log(JSON.stringify({ query: query.name, mevents_per_s: Number(best.toFixed(3)), counts }));
    else rows.push([query.name, number(best), number(first), number(query.compile, 2)]);
  }
  if (!options.json) showTable(["query", "M events/s", "first run", "compile ms"], rows);
}

async function showComparison(data: string, peer: { readonly path: string; readonly columns: string }): Promise<void> {
  const queries = await prepareQueries(await Columns.open(data), options.query);
  const rounds = Number(options.rounds);
  const results = compareWithPeer(queries, peer, { rounds, onRound: (round) => tell(`round ${round + 1} of ${rounds} …`) });
  const ratios = (which: "median" | "best") => results.map(({ own, peer }) => own[which] / peer[which]);
  if (options.json) for (const result of results) console.log(JSON.stringify({ ...result, ratio: result.own.median / result.peer.median }));
  else {
    const rows = results.map(({ query, own, peer, differing, fills }, index) => [
      query,
      number(own.median),
      number(peer.median),
      number(ratios("median")[index], 2),
      number(own.best),
      number(peer.best),
      number(ratios("best")[index], 2),
      differing === 0 ? "equal" : `${differing} of ${fills} differ`,
    ]);
    const [byMedian, byBest] = [ratios("median"), ratios("best")].map((all) => number(geometricMean(all), 3));
    rows.push(["geometric mean", "", "", byMedian, "", "", byBest, ""]);
    showTable(["query", "median", "peer", "ratio", "best", "peer", "ratio", "fills"], rows);
  }
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function showTable(heads: readonly string[], rows: readonly (readonly string[])[]): void {
  const columns = heads.map((head, index) => (index === 0 ? { head } : { head, align: "right" as const }));
  console.log(drawTable(columns, rows).join("\n"));
}
