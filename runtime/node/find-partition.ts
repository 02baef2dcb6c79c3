/**
 * Which partition a task means: found by index and fingerprint in what the catalogue said last, so that a thousand subtasks do not
 * look at every file a thousand times. It asks again where the fingerprint is not there, or a read failed since.
 */
import { type Catalogue, type Dataset, DatasetError, type Partition } from "../../datasets/dataset.ts";
import type { ComputeTask } from "../../functions/services.ts";

export function createPartitionFinder(catalogue: Catalogue) {
  const seen = new Map<string, Dataset>();

  async function look(name: string): Promise<Dataset> {
    const dataset = await catalogue.get(name, { anew: true });
    // Another node may have it.
    if (!dataset) throw new DatasetError(`There is no dataset ${name} on this node`, { permanent: false });
    seen.set(name, dataset);
    return dataset;
  }

  const findIn = (dataset: Dataset | undefined, { partition, fingerprint }: ComputeTask): Partition | undefined => {
    const expected = dataset?.partitions[partition];
    return expected?.fingerprint === fingerprint ? expected : dataset?.partitions.find((each) => each.fingerprint === fingerprint);
  };

  return {
    /** Rejects with a permanent `DatasetError` where no partition has the fingerprint any more. `broken`: why its file cannot be read. */
    async find(task: ComputeTask): Promise<{ readonly partition: Partition; readonly broken?: string }> {
      let dataset = seen.get(task.dataset);
      if (!findIn(dataset, task)) dataset = await look(task.dataset);
      if (!findIn(dataset, task)) {
        // The name may stand for other files since this process last asked.
        await catalogue.refresh();
        dataset = await look(task.dataset);
      }
      const partition = findIn(dataset, task);
      if (!partition) {
        throw new DatasetError(
          `Partition ${task.partition} of ${task.dataset} was changed or removed since the query was submitted; submit it again`,
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
