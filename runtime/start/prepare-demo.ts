/**
 * Makes the demo dataset on the worker threads, while the server already answers. Existing files are kept, so that a restart continues where the last process
 * stopped.
 */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "../../base/log.ts";
import { makeDirectory } from "../../base/make-directory.ts";
import type { DatasetEntry } from "../../datasets/catalogue/current-dataset.ts";
import { DatasetError } from "../../datasets/dataset.ts";
import { countDemoEntries, demoEntries, demoFiles, demoPath, demoPattern } from "../../datasets/demo/write-demo-file.ts";
import type { WorkerPool } from "../threads/worker-pool.ts";

export interface Demo {
  readonly entry: DatasetEntry;
  /** Why the dataset will not be complete; undefined if it will. */
  failure(): string | undefined;
}

const mostAttempts = 3;
/** The milliseconds after which an unfinished file is abandoned for certain. */
const longestWrite = 600_000;

export async function prepareDemo(options: {
  readonly directory: string;
  readonly workers: Pick<WorkerPool, "writeDemoFile">;
  /** Aborts when the server stops. */
  readonly signal: AbortSignal;
  readonly log: Log;
}): Promise<Demo> {
  const { directory, workers, signal, log } = options;
  await makeDirectory(directory);
  await removeUnfinished(directory);
  let entries = await countDemoEntries(directory);
  let failure: string | undefined;

  const write = async (index: number): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        await workers.writeDemoFile({ kind: "demo", directory, index });
        break;
      } catch (error) {
        if (attempt >= mostAttempts || signal.aborted) throw error;
        log.warn({ err: error, file: demoPath(directory, index) }, "a file of the demo dataset could not be written; trying again");
      }
    }
    entries = await countDemoEntries(directory);
    log.info({ dataset: "demo", entries, total: demoEntries }, "demo dataset");
  };

  const files = entries < demoEntries ? Array.from({ length: demoFiles }, (_, index) => write(index)) : [];
  void Promise.allSettled(files).then((settled) => {
    const failed = settled.find((each) => each.status === "rejected");
    if (!failed || signal.aborted) return;
    failure = `the demo dataset could not be written: ${failed.reason instanceof Error ? failed.reason.message : failed.reason}`;
    log.error({ err: failed.reason }, "the demo dataset is not complete; restart to try again");
  });

  return {
    entry: {
      name: "demo",
      pattern: demoPattern(directory),
      preparing: () => (entries < demoEntries ? { entries, total: demoEntries } : undefined),
      firstFile: entries > 0 ? Promise.resolve() : first(files),
    },
    failure: () => failure,
  };
}

/** Resolves when the first file is written. Rejects with `DatasetError` if none can be; no caller need wait for it. */
function first(files: readonly Promise<void>[]): Promise<void> {
  const written = Promise.any(files).catch((error: AggregateError) => {
    throw new DatasetError("Cannot use dataset demo: no file of it could be written; the log says why", { cause: error, permanent: false });
  });
  void Promise.allSettled([written]);
  return written;
}

/** Removes half-written files of killed processes, but not those that another process may be writing now. */
async function removeUnfinished(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".tmp"));
  await Promise.all(names.map((name) => removeOld(join(directory, name))));
}

async function removeOld(path: string): Promise<void> {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > longestWrite) await rm(path, { force: true });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}
