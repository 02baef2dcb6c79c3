/**
 * `npm run simulate` shows how often nodes find their columns in memory, and how long scans take, for different numbers of nodes and rules
 * of pulling.
 */
import process from "node:process";
import { Presets, SingleBar } from "cli-progress";
import { Command, InvalidArgumentError } from "commander";
import { drawTable } from "../../runtime/cli/draw/draw-table.ts";
import { seeded } from "../support/seeded.ts";
import { rules, type Simulated, simulate } from "./scheduling-simulation.ts";

const options = new Command("simulate")
  .description("delay scheduling against the prototype's rule and random pulling, in simulated time, with the prototype's proportions")
  .option("--nodes <numbers>", "numbers of nodes", parseNumbers, [2, 4, 8, 16, 32, 64, 100, 200])
  .option("--partitions <number>", "partitions for each node", parseNumber, 40)
  .option("--scans <number>", "scans of the dataset; the first finds nothing in memory", parseNumber, 5)
  .option("--seed <number>", "of the random choices", parseNumber, 1)
  .option("--json", "one JSON line for each rule and number of nodes")
  .parse()
  .opts<{
    readonly nodes: readonly number[];
    readonly partitions: number;
    readonly scans: number;
    readonly seed: number;
    readonly json?: boolean;
  }>();

const bar = new SingleBar(
  { format: "{bar} {value}/{total} · {rule}, {nodes} nodes", stream: process.stderr, clearOnComplete: true },
  Presets.shades_classic,
);
bar.start(options.nodes.length * rules.length, 0, { rule: "", nodes: 0 });
const results: Simulated[] = [];
for (const nodes of options.nodes) {
  for (const rule of rules) {
    bar.update({ rule, nodes });
    results.push(
      simulate({ rule, nodes, share: options.partitions, scans: Math.max(2, options.scans), random: seeded(options.seed).fraction }),
    );
    bar.increment();
  }
}
bar.stop();

if (options.json) for (const result of results) console.log(JSON.stringify(result));
else {
  const right = "right" as const;
  const rows = results.map(({ nodes, rule, hitRate, firstMakespan, makespan }) => [
    String(nodes),
    rule,
    `${(100 * hitRate).toFixed(1)} %`,
    firstMakespan.toFixed(1),
    makespan.toFixed(1),
  ]);
  const heads = ["nodes", "rule", "found in memory", "first scan, s", "later scans, s"];
  console.log(
    drawTable(
      heads.map((head) => (head === "rule" ? { head } : { head, align: right })),
      rows,
    ).join("\n"),
  );
}

function parseNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("a whole number above 0 is needed");
  return number;
}

function parseNumbers(text: string): readonly number[] {
  return text.split(",").map(parseNumber);
}
