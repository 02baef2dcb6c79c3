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

/** Knows at first that the name stands for `before`, and once it is refreshed for `after`. */
function catalogueOf(before: string, after: string): Catalogue {
  let now = before;
  return {
    names: () => ["d"],
    refresh: async () => {
      now = after;
    },
    forget: async () => "in-use",
    get: async () => datasetOf(now),
    locate: () => Promise.reject(new Error("nothing is read here")),
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
