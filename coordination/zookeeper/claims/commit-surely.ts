/** Commits what is a claim's own until the answer is known: nobody else can do it in the same session. */
import { pause } from "../../../base/pause.ts";
import type { Operation } from "../protocol/operations.ts";
import { isInDoubt, ZooKeeperError, type ZooKeeperErrorCode } from "../protocol/zookeeper-error.ts";
import type { ZooKeeper } from "../zookeeper.ts";

export interface Refusal {
  readonly code: ZooKeeperErrorCode;
  /** The znode whose operation was refused. */
  readonly path: string | undefined;
  /** An earlier try got no answer: it may have been carried out. */
  readonly wasInDoubt: boolean;
}

export interface Commit<T> {
  /** Asked for again for each try. */
  readonly describe: () => readonly Operation[];
  /** Carries out what `describe` gave, together with others; the session's combiner where absent. */
  readonly commit?: (operations: readonly Operation[]) => Promise<number>;
  /** `order`: of the answer. */
  readonly onDone: (order: number) => T;
  /** Looks what became of a try that got no answer; undefined where only another try tells. */
  readonly onDoubt?: () => Promise<T | undefined>;
  /** `again`: another try; `unknown`: the refusal was not foreseen, and is thrown. */
  readonly onRefused: (refusal: Refusal) => T | "again" | "unknown" | Promise<T | "again" | "unknown">;
}

/** Milliseconds. */
export const afterDoubt = 20;

/** Undefined where the session was lost before the answer was known. */
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
      // A client that is about to close refuses at once.
      await pause(afterDoubt, lost);
    }
  }
  return undefined;
}
