/**
 * `npm run bench:engine` measures the demo over HTTP against its aims, or, with --data, the engine alone on the ADL queries against C. It
 * asserts nothing.
 */
import process from "node:process";
import { Command } from "commander";
import { drawTable } from "../../runtime/cli/draw/draw-table.ts";
import { benchmarkAdl } from "./adl-engine.ts";
import { benchmarkDemo } from "./demo-server.ts";

const options = new Command("bench:engine")
  .description("how fast the engine is: end to end on the demo dataset, or with --data by itself on the ADL queries")
  .option("--data <file>", "events.parquet of the CMS shape; columns/ beside it for the C peer")
  .option("--json", "one JSON line for each figure")
  .parse()
  .opts<{ readonly data?: string; readonly json?: boolean }>();

const tell = (text: string) => process.stderr.write(`${text}\n`);
const number = (value: number, digits = 1) => value.toFixed(digits);
const right = "right" as const;

if (options.data === undefined) {
  const figures = await benchmarkDemo((step) => tell(`${step} …`));
  if (options.json) for (const figure of figures) console.log(JSON.stringify({ ...figure, ratio: figure.milliseconds / figure.aim }));
  else {
    const rows = figures.map(({ what, milliseconds, aim }) => [what, number(milliseconds), String(aim), number(milliseconds / aim, 2)]);
    console.log(
      drawTable(
        [{ head: "figure" }, { head: "ms", align: right }, { head: "aim", align: right }, { head: "ratio", align: right }],
        rows,
      ).join("\n"),
    );
  }
} else {
  const results = await benchmarkAdl(options.data, (query) => tell(`query ${query} …`));
  if (options.json)
    for (const { query, mevents_per_s, counts } of results)
      console.log(JSON.stringify({ query, mevents_per_s: Number(mevents_per_s.toFixed(3)), counts }));
  else {
    const rows = results.map(({ query, mevents_per_s, first, compile, counts, peer }) => [
      query,
      number(mevents_per_s),
      number(first),
      number(compile, 2),
      peer ? number(peer.mevents_per_s) : "–",
      peer ? number(mevents_per_s / peer.mevents_per_s, 2) : "–",
      peer ? (JSON.stringify(peer.counts) === JSON.stringify(counts) ? "equal" : "DIFFER") : "–",
    ]);
    const heads = ["query", "M events/s", "first run", "compile ms", "C", "ratio", "counts"];
    console.log(
      drawTable(
        heads.map((head, index) => (index === 0 ? { head } : { head, align: right })),
        rows,
      ).join("\n"),
    );
  }
}
