/**
 * The programs that this process is storing, for its own node to run meanwhile: what is queued here need not wait until the disk has its program.
 *
 * Guarantees: `computing` has a program from the call of `putProgram` until it is stored, and afterwards what the store has. A program whose put failed is
 * among the last `mostRefused` of those: its subtasks may be claimed before they are withdrawn, and would fail for good without it, so that the query stayed
 * failed when it is asked again. `dispatching` has only what is stored, so no query relies on a program whose put may yet fail.
 * Not guaranteed: a full store that has to remove many small records for a program does so in several transactions. If the process is killed between them, the
 * subtasks of a query that was not answered yet may wait without their program after the restart. They fail then, and are computed when they are retried.
 */
import { LRUCache } from "lru-cache";
import { overlay } from "../../functions/metrics/overlay.ts";
import type { Store, StoredProgram } from "../../storage/store.ts";

export interface HandedOver {
  /** The store for dispatch. */
  readonly dispatching: Store;
  /** The store for the node of this process. */
  readonly computing: Store;
}

/** Some MB. */
const mostRefused = 128;

/** Only for a store and a coordinator that share one environment, where all that is written reaches the disk in the order of the calls. */
export function handOverPrograms(store: Store): HandedOver {
  const putting = new Map<string, StoredProgram>();
  const refused = new LRUCache<string, StoredProgram>({ max: mostRefused });
  return {
    dispatching: overlay(store, {
      keepsOrder: true,
      async putProgram(program) {
        const { programKey } = program;
        putting.set(programKey, program);
        try {
          await store.putProgram(program);
          refused.delete(programKey);
        } catch (error) {
          refused.set(programKey, program);
          throw error;
        } finally {
          if (putting.get(programKey) === program) putting.delete(programKey);
        }
      },
    }),
    computing: overlay(store, {
      async getPrograms(programKeys) {
        const found = new Map<string, StoredProgram>();
        for (const key of programKeys) {
          const program = putting.get(key) ?? refused.get(key);
          if (program) found.set(key, program);
        }
        if (found.size === programKeys.length) return found;
        return new Map([...found, ...(await store.getPrograms(programKeys.filter((key) => !found.has(key))))]);
      },
    }),
  };
}
