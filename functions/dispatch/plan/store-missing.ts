/**
 * Compiles and stores what nodes need of a query and the store lacks: its programs and its plan.
 *
 * Queries over several datasets may share a program though their columns have different forms. The module that is stored last reads the forms of all, if each query
 * sees what the one before stored. So queries that share a program take turns here, in this process. Not guaranteed: that among several dispatchers; if two of
 * them store a program for two datasets at the same moment, one query fails and is computed when it is retried.
 */
import type { CodeCache } from "../../../engine/compile/alike/compile-alike.ts";
import { programsOf, type Store } from "../../../storage/store.ts";
import type { KeyedLock } from "../keyed-lock.ts";
import { compileMissing } from "./compile-missing.ts";
import type { QueryPlan } from "./plan-query.ts";

export interface StoreMissingOptions {
  readonly store: Pick<Store, "getPrograms" | "putProgram" | "putPlan">;
  /** The code that was compiled before. */
  readonly code: CodeCache;
  /** Locks by program key. Nobody who holds one waits for another kind of lock. */
  readonly programLocks: KeyedLock;
  readonly hasPlan: boolean;
  /** Aborts when the client disconnects. */
  readonly gone: AbortSignal;
}

/** Resolves when all is compiled and the store has been called; `stored` settles when that is stored. Throws as `compileMissing` does. */
export async function storeMissing(
  planned: QueryPlan,
  { store, code, programLocks, hasPlan, gone }: StoreMissingOptions,
): Promise<{ readonly stored: Promise<void> }> {
  const { plan } = planned;
  const held: Disposable[] = [];
  const release = () => {
    for (const lock of held) lock[Symbol.dispose]();
  };
  try {
    // In one order for all queries, so that no two wait for each other.
    for (const key of programsOf(plan)
      .map(({ programKey }) => programKey)
      .sort())
      held.push(await programLocks.acquire(key, gone));
    const compiled = await compileMissing(planned, { store, code });
    const puts = [...compiled.map((program) => store.putProgram(program)), ...(hasPlan ? [] : [store.putPlan(plan)])];
    const stored = Promise.all(puts).then(() => undefined);
    // A failure is handled by whoever awaits it. This line only prevents an unhandled rejection if something else fails before.
    void Promise.allSettled(puts).then(release);
    stored.catch(() => undefined);
    return { stored };
  } catch (error) {
    release();
    throw error;
  }
}
