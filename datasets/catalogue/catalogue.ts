/** Finds datasets by name, from the files of sources. Each `get` notices what has changed on disk. Only metadata are kept in memory. */
import { baseName, type Catalogue, DatasetError, type Partition } from "../dataset.ts";
import { CurrentDataset, type CurrentDatasetOptions, type DatasetEntry } from "./current-dataset.ts";
import { refuseBadName } from "./data-option.ts";

/** Creates a catalogue. Throws `DatasetError` for malformed and repeated names; looks at no file yet. */
export function createCatalogue(entries: readonly DatasetEntry[], options: Pick<CurrentDatasetOptions, "partitionEvents"> = {}): Catalogue {
  const datasets = new Map<string, CurrentDataset>();
  for (const entry of entries) {
    refuseBadName(entry.name);
    if (datasets.has(entry.name)) {
      throw new DatasetError(`Cannot use two datasets named ${entry.name}: give each a name of its own`, { permanent: true });
    }
    datasets.set(entry.name, new CurrentDataset(entry, options));
  }
  return {
    names: () => [...datasets.keys()],
    refresh: async () => {},
    forget: async (name) => (datasets.has(name) ? "in-use" : "unknown"),
    get: async (name, lookOptions) => datasets.get(name)?.look(lookOptions),
    locate: async (name, partition, column, form) => required(datasets.get(name), name, partition).locate(partition, column, form),
    bounds: async (name, partition, columns) => required(datasets.get(name), name, partition).bounds(partition, columns),
  };
}

/** Returns the dataset; throws `DatasetError` if there is none of this name. */
export function required(dataset: CurrentDataset | undefined, name: string, { file }: Partition): CurrentDataset {
  if (dataset) return dataset;
  throw new DatasetError(`Cannot find ${baseName(file.path)}: no dataset is named ${name} here`, { permanent: true });
}
