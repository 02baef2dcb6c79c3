import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { createCatalogue } from "../../../datasets/catalogue/catalogue.ts";
import type { Catalogue } from "../../../datasets/dataset.ts";
import { readColumn } from "../../../datasets/read-column.ts";
import type { Source } from "../../../datasets/sources/source.ts";
import { makeTarget } from "../read-for-test.ts";
import { missingData, realData } from "../real-data.ts";
import { type ColumnStatistics, readStatistics, statisticsFile } from "./statistics.ts";

const skip = missingData(statisticsFile);

type Numbers = Omit<ColumnStatistics, "type">;

/** Opens a file that stays open, so that what is kept of it serves all its columns. */
async function openWhole(path: string): Promise<Pick<Source, "open">> {
  const bytes = await readFile(path);
  const reader = {
    byteLength: bytes.length,
    slice: async (start: number, end?: number) => new Uint8Array(bytes.subarray(start, end)).buffer,
  };
  return { open: async (_, use) => await use(reader) };
}

/** Computes the statistics of a column of a dataset, over all its partitions. */
async function statisticsOf(catalogue: Catalogue, dataset: string, column: string, source?: Pick<Source, "open">): Promise<Numbers> {
  const found = { values: 0, sum: 0, min: null as number | null, max: null as number | null, nonfinite: 0 };
  for (const partition of (await catalogue.get(dataset))!.partitions) {
    const location = await catalogue.locate(dataset, partition, column);
    const target = makeTarget(location);
    const { values } = await readColumn(location, target, { ...(source && { source }) });
    found.values += values;
    for (const each of target.values.subarray(0, values)) {
      const value = Number(each);
      if (!Number.isFinite(value)) {
        found.nonfinite++;
        continue;
      }
      found.sum += value;
      found.min = Math.min(found.min ?? value, value);
      found.max = Math.max(found.max ?? value, value);
    }
  }
  return found;
}

function assertAlike(found: Numbers, { sum, ...exact }: Numbers, what: string): void {
  assert.ok(Math.abs(found.sum - sum) <= 1e-12 * Math.abs(sum), `${what}: the sum is ${found.sum} where ${sum} is right`);
  const { values, min, max, nonfinite } = exact;
  assert.deepEqual({ ...found, sum: 0 }, { values, min, max, nonfinite, sum: 0 }, what);
}

for (const [file, trees] of Object.entries(skip ? {} : readStatistics())) {
  for (const [tree, { columns }] of Object.entries(trees)) {
    test(`reading every column of ${file}:${tree} gives what uproot reads`, async () => {
      const catalogue = createCatalogue([{ name: "tree", pattern: `${realData(`root/${file}`)}:${tree}` }]);
      const source = await openWhole(realData(`root/${file}`));
      for (const [name, expected] of Object.entries(columns)) {
        assertAlike(await statisticsOf(catalogue, "tree", name, source), expected, name);
      }
    });
  }
}

test("reading a tree without entry offsets gives what a tree with them does", { skip }, async () => {
  const { tree } = readStatistics()["uproot-small-dy-withoffsets.root"];
  const catalogue = createCatalogue([{ name: "tree", pattern: realData("root/uproot-small-dy-nooffsets.root") }]);
  for (const [name, expected] of Object.entries(tree.columns)) assertAlike(await statisticsOf(catalogue, "tree", name), expected, name);
});
