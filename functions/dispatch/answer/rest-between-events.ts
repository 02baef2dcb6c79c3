/** The rest of an event stream between two statuses. It ends early for what a person should not wait for: the first finished partition, and the query's end. */
import { isEnded } from "../../api.ts";
import { boundWait } from "../../http/bounded-wait.ts";
import { type FollowedQuery, stateOf } from "../follow/followed-query.ts";
import type { Progress } from "../follow/progress.ts";

/** The part of a followed query that the pauses between events depend on. */
export interface Resting extends Pick<FollowedQuery, "query"> {
  readonly progress: Pick<Progress, "partitions" | "interestedIn" | "version" | "changeAfter">;
}

/** `hadNone` tells that no partition was finished in the last status. Resolves early when `gone` aborts. */
export async function restBetweenEvents(
  { query, progress }: Resting,
  { milliseconds, hadNone, gone }: { readonly milliseconds: number; readonly hadNone: boolean; readonly gone: AbortSignal },
): Promise<void> {
  using rest = boundWait(milliseconds, gone);
  while (!rest.signal.aborted) {
    if (hadNone && progress.partitions.counts.done > 0) return;
    if (isEnded({ state: stateOf({ query, progress }) })) return;
    await progress.changeAfter(progress.version, rest.signal);
  }
}
