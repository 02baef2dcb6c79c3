/**
 * Which partition a request means: found by index and fingerprint in what the catalogue said last, so that a thousand requests do not
 * look at every file a thousand times. It asks again where the fingerprint is not there, or a read failed since.
 */
import { type Catalogue, type Dataset, DatasetError, type Partition } from "../../datasets/dataset.ts";
import type { PartitionName } from "../../functions/compute/executor.ts";

/** A partition as requests name it. */
export interface Place extends PartitionName {
  readonly dataset: string;
}

export function createPartitionFinder(catalogue: Catalogue) {
  const seen = new Map<string, Dataset>();

  async function look(name: string): Promise<Dataset> {
    const dataset = await catalogue.get(name, { anew: true });
    // Another node may have it.
    if (!dataset) throw new DatasetError(`There is no dataset ${name} on this node`, { permanent: false });
    seen.set(name, dataset);
    return dataset;
  }

  const findIn = (dataset: Dataset | undefined, { partition, fingerprint }: Place): Partition | undefined => {
    const expected = dataset?.partitions[partition];
    return expected?.fingerprint === fingerprint ? expected : dataset?.partitions.find((each) => each.fingerprint === fingerprint);
  };

  return {
    /** Rejects with a permanent `DatasetError` where no partition has the fingerprint any more. `broken`: why its file cannot be read. */
    async find(place: Place): Promise<{ readonly partition: Partition; readonly broken?: string }> {
      let dataset = seen.get(place.dataset);
      if (!findIn(dataset, place)) dataset = await look(place.dataset);
      if (!findIn(dataset, place)) {
        // The name may stand for other files since this process last asked.
        await catalogue.refresh();
        dataset = await look(place.dataset);
      }
      const partition = findIn(dataset, place);
      if (!partition) {
        throw new DatasetError(
          `Partition ${place.partition} of ${place.dataset} was changed or removed since the query was submitted; submit it again`,
          { permanent: true },
        );
      }
      const broken = dataset?.broken.find(({ file }) => file.path === partition.file.path);
      return broken ? { partition, broken: broken.cause } : { partition };
    },

    doubt(name: string): void {
      seen.delete(name);
    },
  };
}
