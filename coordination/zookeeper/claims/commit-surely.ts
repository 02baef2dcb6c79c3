/** Repeats a transaction about a claim until its outcome is known. This is safe, since nobody else can do the same in this session. */
import { pause } from "../../../base/pause.ts";
import type { Operation } from "../protocol/operations.ts";
import { isInDoubt, ZooKeeperError, type ZooKeeperErrorCode } from "../protocol/zookeeper-error.ts";
import type { ZooKeeper } from "../zookeeper.ts";

export interface Refusal {
  readonly code: ZooKeeperErrorCode;
  /** The path of the znode whose operation was refused. */
  readonly path: string | undefined;
  /** Whether an earlier try got no answer, so that it may have been carried out. */
  readonly wasInDoubt: boolean;
}

export interface Commit<T> {
  /** Called again for each try. */
  readonly describe: () => readonly Operation[];
  /** Carries out the operations, possibly combined with others; by default the session's combiner. */
  readonly commit?: (operations: readonly Operation[]) => Promise<number>;
  /** `order` is the order of the answer. */
  readonly onDone: (order: number) => T;
  /** Finds the outcome of a try that got no answer; undefined if only another try can tell. */
  readonly onDoubt?: () => Promise<T | undefined>;
  /** `again` means another try; `unknown` means an unexpected refusal, which is thrown. */
  readonly onRefused: (refusal: Refusal) => T | "again" | "unknown" | Promise<T | "again" | "unknown">;
}

/** Milliseconds. */
export const afterDoubt = 20;

/** Commits; undefined if the session was lost before the outcome was known. */
export async function commitSurely<T>({ combiner, lost }: ZooKeeper, commit: Commit<T>): Promise<T | undefined> {
  const { describe, onDone, onDoubt, onRefused, commit: carryOut = (operations) => combiner.commit(operations) } = commit;
  let wasInDoubt = false;
  const tryOnce = async (): Promise<T | "again"> => {
    if (wasInDoubt) {
      const known = await onDoubt?.();
      if (known !== undefined) return known;
    }
    const operations = describe();
    try {
      return onDone(await carryOut(operations));
    } catch (error) {
      if (isInDoubt(error) || !(error instanceof ZooKeeperError)) throw error;
      const { code, index } = error as ZooKeeperError;
      const answer = await onRefused({ code, path: operations[index]?.path, wasInDoubt });
      if (answer === "unknown") throw error;
      return answer;
    }
  };
  while (!lost.aborted) {
    try {
      const answer = await tryOnce();
      if (answer !== "again") return answer;
    } catch (error) {
      if (!isInDoubt(error)) throw error;
      if (error.code === "session-lost") return undefined;
      wasInDoubt = true;
      // Waits, since a client that is about to close refuses at once.
      await pause(afterDoubt, lost);
    }
  }
  return undefined;
}
