/** A query that this dispatcher follows, and its progress or result. */
import type { PartialResult } from "../../../engine/histogram/partial.ts";
import type { StoredQuery } from "../../../storage/store.ts";
import { isEnded, type QueryState } from "../../api.ts";
import { decideState } from "../query-state.ts";
import type { QueryOfPlan } from "./plan-clients.ts";
import type { Progress } from "./progress.ts";
import type { PlannedPrograms } from "./stored-results.ts";

/** A query whose merged result is known, or whose plan is followed. */
export interface FollowedQuery extends PlannedPrograms {
  readonly query: StoredQuery;
  readonly progress?: Progress;
  readonly result?: readonly PartialResult[];
  /** The note that was stored beside the result. */
  readonly note?: unknown;
}

/** The state as far as it is known here; `Progress.learnInterest` learns of withdrawals that were made elsewhere. */
export function stateOf({
  query,
  progress,
}: {
  readonly query: QueryOfPlan;
  readonly progress?: Pick<Progress, "partitions" | "interestedIn">;
}): QueryState {
  if (!progress) return "done";
  return decideState({ hasResult: false, partitions: progress.partitions.counts, interested: progress.interestedIn(query) });
}

/** Waits until the query has ended, or the signal aborts; never rejects. */
export async function waitForEnd(followed: FollowedQuery, signal: AbortSignal): Promise<QueryState> {
  const { progress } = followed;
  for (;;) {
    const state = stateOf(followed);
    if (!progress || signal.aborted || isEnded({ state })) return state;
    await progress.changeAfter(progress.version, signal);
  }
}
