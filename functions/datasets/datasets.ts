/** What there is to query. */
import { Hono } from "hono";
import { baseName, type Dataset, DatasetError } from "../../datasets/dataset.ts";
import type { Environment } from "../environment.ts";
import { HttpProblem } from "../http/problem.ts";
import { unknownDataset } from "./unknown-dataset.ts";

export const datasets = new Hono<Environment>();

datasets.get("/", async (c) => {
  const { catalogue } = c.var.services;
  await catalogue.refresh();
  const all = await Promise.all(
    catalogue.names().map(async (name) => {
      try {
        return summarise((await catalogue.get(name))!);
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
  const files = new Set(dataset.partitions.map(({ file }) => file.path)).size;
  const broken = dataset.broken.map(({ file, cause }) => ({ file: baseName(file.path), cause }));
  return c.json({ ...summarise(dataset), files, columns: dataset.schema.columns, unsupported: dataset.schema.unsupported, broken });
});

datasets.delete("/:name", async (c) => {
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

const summarise = ({ name, entries, partitions, bytes, preparing, notice }: Dataset) => ({
  name,
  entries,
  partitions: partitions.length,
  bytes,
  ...(preparing && { preparing }),
  ...(notice !== undefined && { notice }),
});
