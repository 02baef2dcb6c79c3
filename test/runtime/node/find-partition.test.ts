import assert from "node:assert/strict";
import { test } from "node:test";
import type { Catalogue, Dataset, Partition } from "../../../datasets/dataset.ts";
import { createPartitionFinder } from "../../../runtime/node/find-partition.ts";

const partitionOf = (fingerprint: string): Partition => ({
  index: 0,
  file: { path: `/data/${fingerprint}.parquet`, size: 1, version: "0" },
  unit: 0,
  entries: 1,
  firstEntry: 0,
  fingerprint,
});

const datasetOf = (fingerprint: string): Dataset => ({
  name: "d",
  schema: { columns: [], unsupported: [] },
  partitions: [partitionOf(fingerprint)],
  broken: [],
  entries: 1,
  bytes: 1,
});

/** Knows at first that the name stands for `before`, and once it is refreshed for `after`. `looks`: how often the files were looked at. */
function catalogueOf(before: string, after: string): Catalogue & { looks: number } {
  let now = before;
  return {
    looks: 0,
    names: () => ["d"],
    refresh: async () => {
      now = after;
    },
    forget: async () => "in-use",
    async get() {
      this.looks++;
      return datasetOf(now);
    },
    locate: () => Promise.reject(new Error("nothing is read here")),
    bounds: () => Promise.reject(new Error("nothing is read here")),
  };
}

const task = { programKey: "p", dataset: "d", partition: 0, fingerprint: "new" };

test("createPartitionFinder asks what the name stands for now before it says that a partition is gone", async () => {
  const { partition } = await createPartitionFinder(catalogueOf("old", "new")).find(task);
  assert.equal(partition.fingerprint, "new");
});

test("createPartitionFinder refuses for good a partition that is nowhere", async () => {
  await assert.rejects(createPartitionFinder(catalogueOf("old", "older")).find(task), {
    name: "DatasetError",
    permanent: true,
    message: /Partition 0 of d was changed or removed/,
  });
});

test("createPartitionFinder looks at the files for all who wait together, and anew for whoever asks while a look is under way", async () => {
  const catalogue = catalogueOf("old", "older");
  const finder = createPartitionFinder(catalogue);
  const find = () => assert.rejects(finder.find(task), { name: "DatasetError" });
  await Promise.all(Array.from({ length: 100 }, find));
  assert.equal(catalogue.looks, 2);

  const first = find();
  // The look of the first has begun.
  while (catalogue.looks === 2) await Promise.resolve();
  await Promise.all([first, ...Array.from({ length: 100 }, find)]);
  assert.equal(catalogue.looks, 6);
});
