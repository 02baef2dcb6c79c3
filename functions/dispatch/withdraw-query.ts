/** Ends a client's interest in a query; with nobody left the query is cancelled. */
import { HttpProblem } from "../http/problem.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { FollowedQuery } from "./follow/followed-query.ts";

export async function withdrawQuery(dispatcher: Dispatcher, followed: FollowedQuery, client: string): Promise<void> {
  using _lock = await dispatcher.planLocks.acquire(followed.plan.planKey);
  await withdraw(dispatcher, followed, client);
}

/** Removes a query's result and partials, after the client's withdrawal; throws a problem of status 409 while others ask for it. */
export async function purgeQuery(
  dispatcher: Dispatcher,
  followed: FollowedQuery,
  client: string,
): Promise<{ readonly removed: number; readonly kept: number }> {
  const { planLocks, plans, results, services } = dispatcher;
  const { planKey } = followed.plan;
  using _lock = await planLocks.acquire(planKey);
  await withdraw(dispatcher, followed, client);
  const progress = (await plans.find(planKey)) ?? followed.progress;
  if (progress && !progress.partitions.isFinished && !progress.isWithdrawn)
    throw new HttpProblem(409, "in-use", "Cannot purge this query: it is still computed for another client.");
  plans.forget(planKey);
  results.forget(planKey);
  await progress?.close();
  return services.store.removePlan(planKey);
}

async function withdraw({ services }: Dispatcher, { query, progress }: FollowedQuery, client: string): Promise<void> {
  await services.coordinator.withdraw(query.id, client);
  progress?.clients.withdraws(query, client);
  await progress?.learnInterest([query]);
}
