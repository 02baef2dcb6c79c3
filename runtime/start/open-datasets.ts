/**
 * Opens the catalogue: the datasets that `--data` names and those that other processes registered in the store, or else the demo dataset. All files are read
 * once in the background.
 */
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import pMap from "p-map";
import type { Log } from "../../base/log.ts";
import type { Registration } from "../../base/registration.ts";
import { createSharedCatalogue } from "../../datasets/catalogue/shared-catalogue.ts";
import type { Catalogue } from "../../datasets/dataset.ts";
import { demoPattern } from "../../datasets/demo/write-demo-file.ts";
import { showPath } from "../../datasets/sources/shown-path.ts";
import { absolutePattern } from "../../datasets/sources/sources.ts";
import type { Store } from "../../storage/store.ts";
import type { WorkerPool } from "../threads/worker-pool.ts";
import type { Config } from "./config/config.ts";
import { type Demo, prepareDemo } from "./prepare-demo.ts";

const datasetsAtATime = 4;

export interface OpenedDatasets {
  readonly catalogue: Catalogue;
  readonly notReady: () => readonly string[];
  /** Releases what this process registered. Must be called before the store is closed. */
  readonly close: () => Promise<void>;
}

export async function openDatasets(options: {
  readonly config: Pick<Config, "data" | "partitionEvents" | "state" | "mongodb">;
  readonly store: Store;
  /** If absent, no demo dataset is made. */
  readonly workers: Pick<WorkerPool, "writeDemoFile"> | undefined;
  readonly stopping: AbortSignal;
  readonly log: Log;
}): Promise<OpenedDatasets> {
  const { config, store, workers, stopping, log } = options;
  const directory = join(config.state, "demo");
  const isAlone = config.mongodb === undefined;
  let demo: Demo | undefined;

  async function openDemo(registered: readonly Registration[]) {
    const isOwn = ({ name, pattern }: Registration) => name === "demo" && pattern === demoPattern(directory);
    if (!workers || !registered.every(isOwn)) return undefined;
    demo = await prepareDemo({ directory, workers, signal: stopping, log });
    return { ...demo.entry, isPrivate: isAlone };
  }

  const catalogue = createSharedCatalogue({
    entries: config.data.map(({ name, pattern }) => ({ name, pattern: absolutePattern(pattern, resolve) })),
    partitionEvents: config.partitionEvents,
    store,
    by: `${hostname()}, process ${process.pid}`,
    isAlone,
    log,
    otherwise: openDemo,
  });
  // The store's server may be away for long. Then its datasets appear later.
  if (isAlone) await catalogue.opened;
  void catalogue.opened.then(() => readAll(catalogue, { stopping, log }));
  return {
    catalogue,
    notReady() {
      const failure = demo?.failure();
      return failure === undefined ? [] : [failure];
    },
    close: () => catalogue.close(),
  };
}

/** Reads all datasets, so that the first query need not wait for footers, and so that the log reports problems before anybody asks. */
async function readAll(catalogue: Catalogue, { stopping, log }: { readonly stopping: AbortSignal; readonly log: Log }): Promise<void> {
  const read = async (name: string) => {
    if (stopping.aborted) return;
    try {
      const dataset = await catalogue.get(name);
      log.info({ dataset: name, entries: dataset?.entries, partitions: dataset?.partitions.length }, "dataset");
      for (const { file, cause } of dataset?.broken ?? [])
        log.warn({ dataset: name, file: showPath(file.path), cause }, "a file cannot be read");
      for (const { path, kept } of dataset?.leftOut ?? [])
        log.warn({ dataset: name, path: showPath(path), kept: showPath(kept) }, "a name of a file that is counted already is left out");
    } catch (error) {
      if (!stopping.aborted) log.error({ dataset: name, err: error }, "a dataset cannot be read");
    }
  };
  // Several are read at a time, so that a drive that does not answer delays no other dataset.
  await pMap(catalogue.names(), read, { concurrency: datasetsAtATime });
}
