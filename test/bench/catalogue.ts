/**
 * `npm run bench:catalogue` measures the cost of looking at the files of a dataset: for the first time, again while the process knows them, and after a
 * restart, when the store knows them. It asserts nothing.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Command } from "commander";
import { createSharedCatalogue } from "../../datasets/catalogue/shared-catalogue.ts";
import type { Dataset } from "../../datasets/dataset.ts";
import { usualPartitionEvents } from "../../datasets/format.ts";
import { drawTable } from "../../runtime/cli/draw/draw-table.ts";
import { openStore } from "../../storage/embedded/embedded-store.ts";
import { silent } from "../runtime/silent-log.ts";
import { startUsage, type Usage } from "./measure-usage.ts";

const options = new Command("bench:catalogue")
  .description("looks at the files of a dataset: milliseconds and memory for each of them")
  .requiredOption("--data <pattern>", "of files that the system has in memory")
  .option("--json", "one JSON line for each look")
  .parse()
  .opts<{ readonly data: string; readonly json?: boolean }>();

const rows: string[][] = [];
const directory = await mkdtemp(join(tmpdir(), "femtoq-catalogue-"));
try {
  await withCatalogue(async (look) => {
    await look("first look");
    await look("known");
  });
  await withCatalogue((look) => look("after a restart"));
} finally {
  await rm(directory, { recursive: true });
}
if (!options.json) {
  const heads = ["look", "files", "partitions", "ms a file", "processor ms a file", "longest turn ms", "bytes a partition"];
  console.log(
    drawTable(
      heads.map((head, index) => (index === 0 ? { head } : { head, align: "right" as const })),
      rows,
    ).join("\n"),
  );
}

async function withCatalogue(use: (look: (name: string) => Promise<void>) => Promise<void>): Promise<void> {
  const store = await openStore({ directory });
  const entries = [{ name: "files", pattern: options.data }];
  const catalogue = createSharedCatalogue({
    entries,
    store,
    by: "bench",
    isAlone: true,
    log: silent,
    partitionEvents: usualPartitionEvents,
  });
  await catalogue.opened;
  const before = memoryNow();
  try {
    await use(async (name) => {
      const stop = startUsage(name);
      const dataset = await catalogue.get("files", { anew: true });
      show(stop(), dataset!, memoryNow() - before);
    });
  } finally {
    await catalogue.close();
    await store.close();
  }
}

/** Bytes of objects and of the arrays that belong to them. */
function memoryNow(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function show({ step, seconds, cpu, longestTurn }: Usage, dataset: Dataset, bytes: number): void {
  const files = new Set(dataset.partitions.map(({ file }) => file.path)).size;
  const figures = {
    look: step,
    files,
    partitions: dataset.partitions.length,
    wall: (seconds * 1000) / files,
    cpu: (cpu * 1000) / files,
    longestTurn,
    bytes: bytes / dataset.partitions.length,
  };
  if (options.json) console.log(JSON.stringify(figures));
  const { wall, longestTurn: longest } = figures;
  rows.push([
    step,
    `${files}`,
    `${figures.partitions}`,
    wall.toFixed(4),
    figures.cpu.toFixed(4),
    longest.toFixed(1),
    figures.bytes.toFixed(0),
  ]);
}
