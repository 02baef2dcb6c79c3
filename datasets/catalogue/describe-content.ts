/** What a dataset's files have, in a few numbers; worked out once for each state of it. */

import type { DatasetContent } from "../../engine/registration.ts";
import { sha256 } from "../../engine/sha256.ts";
import type { Dataset } from "../dataset.ts";

const described = new WeakMap<Dataset, Promise<DatasetContent>>();

export function describeContent(dataset: Dataset): Promise<DatasetContent> {
  const known = described.get(dataset);
  if (known) return known;
  const content = describe(dataset);
  described.set(dataset, content);
  return content;
}

async function describe({ partitions, entries, bytes, schema }: Dataset): Promise<DatasetContent> {
  const files = new Set(partitions.map(({ file }) => file.path)).size;
  const fingerprint = await sha256(partitions.map((partition) => partition.fingerprint).join("\n"));
  return { files, partitions: partitions.length, entries, bytes, columns: schema.columns.length, fingerprint };
}
