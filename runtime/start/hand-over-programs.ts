/**
 * The programs that this process is storing, for its own node to run meanwhile: what is queued here need not wait until the disk has its program.
 *
 * Guarantees: `computing` has a program from the call of `putProgram` until that has ended, and afterwards what the store has. `dispatching` has only what is
 * stored, so no query relies on a program whose put may yet fail.
 */
import { overlay } from "../../functions/metrics/overlay.ts";
import type { Store, StoredProgram } from "../../storage/store.ts";

export interface HandedOver {
  /** The store for dispatch. */
  readonly dispatching: Store;
  /** The store for the node of this process. */
  readonly computing: Store;
}

/** Only for a store and a coordinator that share one environment, where all that is written reaches the disk in the order of the calls. */
export function handOverPrograms(store: Store): HandedOver {
  const putting = new Map<string, StoredProgram>();
  return {
    dispatching: overlay(store, {
      keepsOrder: true,
      async putProgram(program) {
        const { programKey } = program;
        putting.set(programKey, program);
        try {
          await store.putProgram(program);
        } finally {
          if (putting.get(programKey) === program) putting.delete(programKey);
        }
      },
    }),
    computing: overlay(store, {
      async getPrograms(programKeys) {
        const found = new Map(programKeys.flatMap((key) => (putting.has(key) ? [[key, putting.get(key)!] as const] : [])));
        if (found.size === programKeys.length) return found;
        return new Map([...found, ...(await store.getPrograms(programKeys.filter((key) => !found.has(key))))]);
      },
    }),
  };
}
