/** Computes the failed partitions of a query again, for the client that asks for it. */
import type { Asker, Dispatcher } from "./dispatcher.ts";
import type { FollowedQuery } from "./follow/followed-query.ts";
import { subtaskOf } from "./plan/plan-query.ts";

/** Returns how many partitions are computed again. */
export async function retryQuery(
  dispatcher: Dispatcher,
  followed: FollowedQuery,
  { client: { interest: client }, gone }: Asker,
): Promise<number> {
  const { coordinator, store } = dispatcher.services;
  const { progress, plan, query } = followed;
  using _lock = await dispatcher.planLocks.acquire(plan.planKey, gone);
  if (!progress || progress.partitions.failures.size === 0) return 0;
  const { failed, damaged } = progress.startOver();
  progress.clients.asks(query, client);
  const request = { queryId: query.id, client, priority: query.query.priority };
  const retried = await coordinator.retry({ ...request, subtasks: failed.map((place) => subtaskOf(plan, place)) });
  if (damaged.length === 0) return retried;
  // For the coordinator, these are computed: they failed only in the merging.
  const subtasks = damaged.map((place) => subtaskOf(plan, place));
  for (const { key } of subtasks) await store.dropPartial(key);
  return retried + (await coordinator.enqueue({ ...request, subtasks })).queued;
}
