/** The catalogue of what `--data` names, or of the demo dataset; their files are looked at once in the background. */
import { join } from "node:path";
import { createCatalogue } from "../datasets/catalogue.ts";
import type { Catalogue } from "../datasets/dataset.ts";
import type { Log } from "../functions/services.ts";
import type { Config } from "./config.ts";
import { prepareDemo } from "./demo.ts";
import type { WorkerPool } from "./worker-pool.ts";

export async function openDatasets(options: {
  readonly config: Config;
  readonly workers: WorkerPool;
  readonly stopping: AbortSignal;
  readonly log: Log;
}): Promise<{ readonly catalogue: Catalogue; readonly notReady: () => readonly string[] }> {
  const { config, workers, stopping, log } = options;
  const demo =
    config.data.length === 0 ? await prepareDemo({ directory: join(config.state, "demo"), workers, signal: stopping, log }) : undefined;
  const catalogue = createCatalogue(demo ? [demo.entry] : config.data);
  void readAll(catalogue, { stopping, log });
  return {
    catalogue,
    notReady() {
      const failure = demo?.failure();
      return failure === undefined ? [] : [failure];
    },
  };
}

/** So that the first query does not wait for footers, and the log says what is wrong before anybody asks. */
async function readAll(catalogue: Catalogue, { stopping, log }: { readonly stopping: AbortSignal; readonly log: Log }): Promise<void> {
  for (const name of catalogue.names()) {
    if (stopping.aborted) return;
    try {
      const dataset = await catalogue.get(name);
      log.info({ dataset: name, entries: dataset?.entries, partitions: dataset?.partitions.length }, "dataset");
      for (const { file, cause } of dataset?.broken ?? []) log.warn({ dataset: name, file: file.path, cause }, "a file cannot be read");
    } catch (error) {
      if (!stopping.aborted) log.error({ dataset: name, err: error }, "a dataset cannot be read");
    }
  }
}
