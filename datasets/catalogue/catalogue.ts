/** Datasets by name, from the files of sources. Sees what changes on disk at the next `get`; keeps metadata in memory, nothing else. */
import type { ColumnForm } from "../column-form.ts";
import { baseName, type Catalogue, type ColumnLocation, DatasetError, type Partition } from "../dataset.ts";
import { CurrentDataset, type CurrentDatasetOptions, type DatasetEntry } from "./current-dataset.ts";
import { refuseBadName } from "./data-option.ts";

/** Throws `DatasetError` for bad and repeated names; looks at no file yet. */
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
    locate: (name, partition, column, form) => locateIn(datasets.get(name), { name, partition, column, form }),
  };
}

interface Located {
  readonly name: string;
  readonly partition: Partition;
  readonly column: string;
  readonly form: ColumnForm | undefined;
}

/** Throws `DatasetError` where there is no such dataset, or it does not have the column there. */
export function locateIn(dataset: CurrentDataset | undefined, { name, partition, column, form }: Located): Promise<ColumnLocation> {
  if (dataset) return dataset.locate(partition, column, form);
  const reason = `no dataset is named ${name} here`;
  return Promise.reject(new DatasetError(`Cannot find ${baseName(partition.file.path)}: ${reason}`, { permanent: true }));
}
