/** A subtask in the queue of claims, for both coordinators. */
import type { Subtask } from "../coordinator.ts";
import { type Attempts, noAttempts } from "./claim-end.ts";
import type { Queued } from "./claim-queue.ts";
import { numberPartition } from "./cluster.ts";
import { type LineName, lastLine } from "./waiting-order.ts";

/** A query that needs subtasks. */
export interface NeedyQuery {
  /** The interest in it with the lowest priority number, the earliest among equals; undefined if no client is interested any more. */
  readonly best: LineName | undefined;
}

export abstract class QueuedSubtask<T extends Queued<T>, Q extends NeedyQuery> implements Queued<T> {
  readonly subtask: Subtask;
  readonly partitionNumber: number;
  readonly waitsSince = performance.now();
  attempts: Attempts = noAttempts;
  /** The queries that need it, in order of arrival. */
  queries: readonly Q[] = [];
  triedBy: Queued<T>["triedBy"] = undefined;
  home: Queued<T>["home"] = undefined;
  line: Queued<T>["line"] = undefined;
  previous: T | undefined = undefined;
  next: T | undefined = undefined;

  constructor(subtask: Subtask) {
    this.subtask = subtask;
    this.partitionNumber = numberPartition(subtask);
  }

  lineName(): LineName {
    let line: LineName | undefined;
    for (const { best } of this.queries) if (best !== undefined && (line === undefined || best.priority < line.priority)) line = best;
    return line ?? lastLine;
  }
}
