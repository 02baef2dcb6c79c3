/** Commits what is a claim's own until the answer is known: nobody else can do it in the same session. */
import { pause } from "../../../base/pause.ts";
import type { Operation } from "../protocol/operations.ts";
import { ZooKeeperError, type ZooKeeperErrorCode } from "../protocol/zookeeper-error.ts";
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
  /** `order`: of the answer. */
  readonly onDone: (order: number) => T;
  /** `again`: another try; `unknown`: the refusal was not foreseen, and is thrown. */
  readonly onRefused: (refusal: Refusal) => T | "again" | "unknown" | Promise<T | "again" | "unknown">;
}

/** Milliseconds. */
export const afterDoubt = 20;

/** Undefined where the session was lost before the answer was known. */
export async function commitSurely<T>({ combiner, lost }: ZooKeeper, { describe, onDone, onRefused }: Commit<T>): Promise<T | undefined> {
  for (let wasInDoubt = false; !lost.aborted; ) {
    const operations = describe();
    try {
      return onDone(await combiner.commit(operations));
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      if (error.code === "session-lost") return undefined;
      if (error.code === "connection-loss") {
        wasInDoubt = true;
        // A client that is about to close refuses at once.
        await pause(afterDoubt, lost);
        continue;
      }
      const answer = await onRefused({ code: error.code, path: operations[error.index]?.path, wasInDoubt });
      if (answer === "unknown") throw error;
      if (answer !== "again") return answer;
    }
  }
  return undefined;
}
