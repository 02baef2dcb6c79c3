/**
 * Prepares the programs of a request: gets them from the store and compiles them, unless they are ready. A program that often took a thread longer than it may
 * over partitions of a dataset is refused over others for a while.
 */
import { LRUCache } from "lru-cache";
import type { Outcome } from "../../functions/compute/executor.ts";
import { StoreError } from "../../storage/store-error.ts";
import { unlessAborted, whenAllAbort } from "./abort.ts";
import type { ProgramCache, ReadyProgram } from "./program-cache.ts";

/** A program that exceeded its time limit over this many partitions of a dataset is not begun over others for a while. */
const mostBreaches = 3;
/** In milliseconds: how long exceeded limits are remembered. */
export const breachesCount = 600_000;
const tooSlow = `Cannot compute this partition: ${mostBreaches} others took a thread longer than --most-compute allows, so this one was not tried`;

/** A program that is ready to run, or the outcome that it has over every partition. */
export type Prepared = Outcome | { readonly kind: "ready"; readonly ready: ReadyProgram; readonly compiling: number };

interface PrepareOptions {
  readonly programs: Pick<ProgramCache, "ready" | "get">;
  /** Turns an error into an outcome. */
  readonly failed: (error: unknown) => Outcome;
}

export function createPreparing({ programs, failed }: PrepareOptions) {
  /** How often each program recently exceeded its time limit over a dataset. */
  const breaches = new LRUCache<string, number>({ max: 1_000, ttl: breachesCount });
  const breachesOf = (programKey: string, dataset: string) => breaches.get(`${programKey} ${dataset}`) ?? 0;

  return {
    /** Rejects if the store cannot be reached. Compiling a program is given up once all signals (`signalsOf`) have aborted. */
    async prepareAll(keys: readonly string[], dataset: string, signalsOf: () => readonly AbortSignal[]): Promise<readonly Prepared[]> {
      const ready = keys.map((key) => (breachesOf(key, dataset) < mostBreaches ? programs.ready(key) : undefined));
      if (ready.every((each) => each !== undefined)) return ready.map((each) => ({ kind: "ready", ready: each, compiling: 0 }));
      const wanted = whenAllAbort(signalsOf());
      try {
        return await Promise.all(keys.map((key) => prepare(key, dataset, wanted.signal)));
      } finally {
        wanted.release();
      }
    },

    /** The program exceeded its time limit over a partition of the dataset. */
    noteBreach(programKey: string, dataset: string): void {
      breaches.set(`${programKey} ${dataset}`, breachesOf(programKey, dataset) + 1);
    },
  };

  async function prepare(programKey: string, dataset: string, signal: AbortSignal): Promise<Prepared> {
    const begun = performance.now();
    if (breachesOf(programKey, dataset) >= mostBreaches) return { kind: "failed", cause: tooSlow, permanent: true };
    try {
      const ready = await unlessAborted(programs.get(programKey), signal);
      return { kind: "ready", ready, compiling: performance.now() - begun };
    } catch (error) {
      if (signal.aborted) return undone(signal.reason);
      if (error instanceof StoreError && error.code === "unavailable") throw error;
      return failed(error);
    }
  }
}

export function undone(reason: unknown): Outcome {
  return { kind: "undone", cause: reason instanceof Error ? reason.message : String(reason) };
}
