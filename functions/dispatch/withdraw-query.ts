/** Ends a client's interest in a query or, for an operator, that of all clients. A query in which nobody is interested is cancelled. */
import { HttpProblem } from "../http/problem.ts";
import type { Asker, Dispatcher } from "./dispatcher.ts";
import { updateProgress } from "./find-query.ts";
import type { FollowedQuery } from "./follow/followed-query.ts";

export async function withdrawQuery(
  dispatcher: Dispatcher,
  followed: FollowedQuery,
  { client: { interest: client }, gone }: Asker,
): Promise<void> {
  using _lock = await dispatcher.planLocks.acquire(followed.plan.planKey, gone);
  await withdraw(dispatcher, followed, client);
}

/** Stops a query, regardless of who is interested in it. */
export async function stopQuery(dispatcher: Dispatcher, followed: FollowedQuery, { client: { name: client }, gone }: Asker): Promise<void> {
  const { log } = dispatcher.services;
  using _lock = await dispatcher.planLocks.acquire(followed.plan.planKey, gone);
  await withdraw(dispatcher, followed, undefined);
  log.info({ query: followed.query.id, client }, "query stopped by an operator");
}

/** Removes a query's result and partials, after the client's withdrawal; throws a problem of status 409 while others ask for it. */
export async function purgeQuery(
  dispatcher: Dispatcher,
  followed: FollowedQuery,
  { client: { interest: client }, gone }: Asker,
): Promise<{ readonly removed: number; readonly kept: number }> {
  const { planLocks, plans, results, services } = dispatcher;
  const { planKey } = followed.plan;
  using _lock = await planLocks.acquire(planKey, gone);
  await withdraw(dispatcher, followed, client);
  const progress = (await plans.find(planKey)) ?? followed.progress;
  if (progress && !progress.partitions.isFinished && !progress.isWithdrawn)
    throw new HttpProblem(409, "in-use", "Cannot purge this query: it is still computed for another client.");
  plans.forget(planKey);
  results.forget(planKey);
  await progress?.close();
  return services.store.removePlan(planKey);
}

/** Ends the interest of a client, or of all clients if none is named. The caller must hold the plan's lock. */
async function withdraw({ services }: Dispatcher, { query, progress }: FollowedQuery, client: string | undefined): Promise<void> {
  const { interested } = await services.coordinator.withdraw(query.id, client);
  if (client !== undefined) progress?.clients.withdraws(query, client);
  await progress?.learnWithdrawal(query, interested);
  if (progress) await updateProgress(progress, []);
}
