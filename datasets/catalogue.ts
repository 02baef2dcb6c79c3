/** Datasets by name, from files of this machine. Sees what changes on disk at the next `get`; keeps metadata in memory, nothing else. */
import { basename } from "node:path";
import { refuseBadName } from "./data-option.ts";
import { type Catalogue, type ColumnLocation, DatasetError } from "./dataset.ts";
import { type DatasetEntry, WatchedDataset } from "./watched-dataset.ts";

/** Throws `DatasetError` for bad and repeated names; looks at no file yet. */
export function createCatalogue(entries: readonly DatasetEntry[]): Catalogue {
  const datasets = new Map<string, WatchedDataset>();
  for (const entry of entries) {
    refuseBadName(entry.name);
    if (datasets.has(entry.name)) {
      throw new DatasetError(`Cannot use two datasets named ${entry.name}: give each a name of its own`, { permanent: true });
    }
    datasets.set(entry.name, new WatchedDataset(entry));
  }
  return {
    names: () => [...datasets.keys()],
    get: async (name) => datasets.get(name)?.look(),
    async locate(name, partition, column): Promise<ColumnLocation> {
      const location = await datasets.get(name)?.locate(partition, column);
      if (location) return location;
      throw new DatasetError(`Cannot find ${basename(partition.file.path)}: no dataset is named ${name} here`, { permanent: true });
    },
  };
}
