/** `/datasets`: lists and describes datasets, and forgets them on an operator's request. */
import { Hono } from "hono";
import { pause } from "../../base/pause.ts";
import { baseName, type Dataset, DatasetError } from "../../datasets/dataset.ts";
import type { Environment } from "../environment.ts";
import { HttpProblem } from "../http/problem.ts";
import { requireOperator } from "../http/this-machine.ts";
import { answerStatistics } from "./statistics.ts";
import { unknownDataset } from "./unknown-dataset.ts";

export const datasets = new Hono<Environment>();

/** The milliseconds that the list waits for each dataset, since a network drive may not answer for hours. */
const longestLook = 3_000;
/** The most names of files in a notice. */
const mostNames = 3;

datasets.get("/", async (c) => {
  const { catalogue } = c.var.services;
  await catalogue.refresh();
  const all = await Promise.all(
    catalogue.names().map(async (name) => {
      try {
        const dataset = await withinTime(catalogue.get(name));
        if (dataset) return summarise(dataset);
        const error = `Cannot say what is in ${name} yet: its files have not answered for ${longestLook / 1000} s`;
        return { name, entries: 0, partitions: 0, bytes: 0, error };
      } catch (error) {
        if (error instanceof DatasetError) return { name, entries: 0, partitions: 0, bytes: 0, error: error.message };
        throw error;
      }
    }),
  );
  return c.json({ datasets: all });
});

datasets.get("/:name", async (c) => {
  const { catalogue } = c.var.services;
  const name = c.req.param("name");
  const dataset = await catalogue.get(name);
  if (!dataset) throw unknownDataset(name, catalogue.names());
  const stats = c.req.queries("stats");
  if (stats)
    return answerStatistics(
      c,
      dataset,
      stats.flatMap((each) => namesIn(each, dataset)),
    );
  const files = new Set(dataset.partitions.map(({ file }) => file.path)).size;
  const broken = dataset.broken.map(({ file, cause }) => ({ file: baseName(file.path), cause }));
  const { columns, nullableLists, unsupported } = dataset.schema;
  const nullable = nullableLists && { nullableLists: nullableLists.map(({ list }) => list) };
  return c.json({ ...summarise(dataset), files, columns, ...nullable, unsupported, broken });
});

datasets.delete("/:name", async (c) => {
  await requireOperator(c);
  const { catalogue } = c.var.services;
  const name = c.req.param("name");
  const outcome = await catalogue.forget(name);
  if (outcome === "unknown") throw unknownDataset(name, catalogue.names());
  if (outcome === "in-use") {
    throw new HttpProblem(
      409,
      "in-use",
      `Cannot forget ${name}: a process that was started with it still runs, or ended a minute ago at most.`,
    );
  }
  return c.json({ name, outcome });
});

/** Splits names at commas, unless the whole text is the name of a column. */
const namesIn = (text: string, { schema }: Dataset): readonly string[] =>
  schema.columns.some(({ name }) => name === text) ? [text] : text.split(",").filter((name) => name !== "");

/** Undefined if the look takes too long; it then goes on in the background. */
async function withinTime<Value>(look: Promise<Value>): Promise<Value | undefined> {
  const waiting = new AbortController();
  const late = pause(longestLook, waiting.signal).then(() => undefined);
  return await Promise.race([look, late]).finally(() => waiting.abort());
}

function summarise({ name, entries, partitions, bytes, preparing, notices: ofFiles = [], leftOut = [] }: Dataset) {
  const notices = [...ofFiles, ...(leftOut.length > 0 ? [describeLeftOut(leftOut)] : [])];
  const optional = { ...(preparing && { preparing }), ...(notices.length > 0 && { notices }) };
  return { name, entries, partitions: partitions.length, bytes, ...optional };
}

function describeLeftOut(leftOut: NonNullable<Dataset["leftOut"]>): string {
  const names = leftOut.slice(0, mostNames).map(({ path }) => baseName(path));
  const more = leftOut.length > mostNames ? ` and ${leftOut.length - mostNames} more` : "";
  return `left out, for links by these names lead to files that are counted already: ${names.join(", ")}${more}`;
}
