/** Decides the state of a query, in one place for its status, its stream, its line in the list and its end. Pure. */
import type { QueryState } from "../api.ts";

/**
 * The numbers of a query's partitions by state. `absent` ones are neither stored nor queued, as after a withdrawal. The partials of `merging` ones are stored
 * and about to be added to the others here. For `done` ones, nothing is left to do.
 */
export interface PartitionCounts {
  readonly total: number;
  readonly absent: number;
  readonly waiting: number;
  readonly loading: number;
  readonly running: number;
  readonly merging: number;
  readonly done: number;
  readonly failed: number;
}

export const noPartitions: PartitionCounts = { total: 0, absent: 0, waiting: 0, loading: 0, running: 0, merging: 0, done: 0, failed: 0 };

export interface Situation {
  /** Whether the merged result is stored or in memory. If it is, nothing else matters. */
  readonly hasResult: boolean;
  readonly partitions: PartitionCounts;
  /** How many clients are interested in the query. This matters only while partitions have to be computed. */
  readonly interested: number;
}

/** Counts the partitions that still have to be computed. */
const countOpen = ({ absent, waiting, loading, running }: PartitionCounts): number => absent + waiting + loading + running;

export function decideState({ hasResult, partitions, interested }: Situation): QueryState {
  if (hasResult) return "done";
  const { total, absent, waiting, merging, failed } = partitions;
  const open = countOpen(partitions);
  if (open > 0 && interested === 0) return "cancelled";
  if (open + merging > 0) return absent + waiting === total ? "waiting" : "running";
  return failed === total && total > 0 ? "failed" : "done";
}
