/**
 * Finds the partition that a request means, by index and fingerprint, in the catalogue's last answer, so that a thousand requests do not
 * look at every file a thousand times. It asks the catalogue again, once for all who wait, if the fingerprint is missing or a read has failed since.
 */
import { type Catalogue, type Dataset, DatasetError, type Partition } from "../../datasets/dataset.ts";
import type { PartitionName } from "../../functions/compute/executor.ts";

/** A partition as requests name it. */
export interface Place extends PartitionName {
  readonly dataset: string;
}

export function createPartitionFinder(catalogue: Catalogue) {
  const seen = new Map<string, Dataset>();
  const look = shareBetween(lookAt);
  /** Asks the catalogue again, since the name may stand for other files by now. */
  const lookAnew = shareBetween(async (name) => {
    await catalogue.refresh();
    return lookAt(name);
  });

  async function lookAt(name: string): Promise<Dataset> {
    const dataset = await catalogue.get(name, { anew: true });
    // Not permanent, since another node may have the dataset.
    if (!dataset) throw new DatasetError(`There is no dataset ${name} on this node`, { permanent: false });
    seen.set(name, dataset);
    return dataset;
  }

  const findIn = (dataset: Dataset | undefined, { partition, fingerprint }: Place): Partition | undefined => {
    const expected = dataset?.partitions[partition];
    return expected?.fingerprint === fingerprint ? expected : dataset?.partitions.find((each) => each.fingerprint === fingerprint);
  };

  return {
    /** Rejects with a permanent `DatasetError` if no partition has this fingerprint any more. `broken` tells why its file cannot be read. */
    async find(place: Place): Promise<{ readonly partition: Partition; readonly broken?: string }> {
      const { dataset: name } = place;
      let dataset = seen.get(name);
      if (!findIn(dataset, place)) dataset = await look(name);
      if (!findIn(dataset, place)) dataset = await lookAnew(name);
      const partition = findIn(dataset, place);
      if (!partition) {
        throw new DatasetError(
          `Partition ${place.partition} of ${name} was changed or removed since the query was submitted; submit it again`,
          {
            permanent: true,
          },
        );
      }
      const broken = dataset?.broken.find(({ file }) => file.path === partition.file.path);
      return broken ? { partition, broken: broken.cause } : { partition };
    },

    /** The partition by the catalogue's last answer, if its file could be read then. */
    peek(place: Place): Partition | undefined {
      const dataset = seen.get(place.dataset);
      const partition = findIn(dataset, place);
      return partition && !dataset?.broken.some(({ file }) => file.path === partition.file.path) ? partition : undefined;
    },

    doubt(name: string): void {
      seen.delete(name);
    },
  };
}

/**
 * Shares an action between callers of the same name. If it is under way, all further callers share one that begins when it has ended. So the result is never
 * older than the call, and at most two actions are pending per name.
 */
function shareBetween<T>(action: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const underWay = new Map<string, Promise<unknown>>();
  const next = new Map<string, Promise<T>>();
  const run = async (name: string): Promise<T> => {
    await underWay.get(name)?.catch(() => undefined);
    next.delete(name);
    const acting = action(name);
    underWay.set(name, acting);
    try {
      return await acting;
    } finally {
      if (underWay.get(name) === acting) underWay.delete(name);
    }
  };
  return (name) => {
    const shared = next.get(name) ?? run(name);
    next.set(name, shared);
    return shared;
  };
}
