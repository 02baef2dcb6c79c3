/** Finds a query and its progress by its id. Looking renews the interest of a client that submitted the query, but creates none; withdrawing does neither. */

import { boundWait } from "../http/bounded-wait.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { FollowedQuery } from "./follow/followed-query.ts";
import type { QueryOfPlan } from "./follow/plan-clients.ts";
import type { Progress } from "./follow/progress.ts";

/** In milliseconds: how long an answer waits for merging, once every partition is computed. */
const longestMerge = 500;

/** Finds a query as it is now, for a client that looks at it. Throws a problem of status 404. */
export async function findQuery(dispatcher: Dispatcher, id: string, client: string): Promise<FollowedQuery> {
  const followed = await findToWithdraw(dispatcher, id);
  const { query, progress } = followed;
  if (!progress) return followed;
  if (!progress.partitions.isFinished) await progress.clients.looks(query, client);
  await updateProgress(progress, [query]);
  return followed;
}

/** Finds a query without asking the coordinator about it, since what computes should stop before anything else is done. Throws a problem of status 404. */
export async function findToWithdraw(dispatcher: Dispatcher, id: string): Promise<FollowedQuery> {
  const { services, plans, results } = dispatcher;
  const query = /^[0-9a-f]{64}$/.test(id) ? await services.store.getQuery(id) : undefined;
  if (!query) throw new HttpProblem(404, "unknown-query", `There is no query ${id.slice(0, 80)}; POST it to /queries.`);
  const planned = (await plans.find(query.planKey)) ?? (await results.findPlanned(query.planKey));
  if (!planned) throw new HttpProblem(404, "unknown-query", `The plan of query ${id} is no longer stored; POST the query again.`);
  const result = await results.find(planned);
  if (result) return { query, ...result };
  const { plan, programs } = planned;
  return { query, plan, programs, progress: await plans.follow(planned, query) };
}

/** Updates what this process knows of these queries of one plan, since it may have changed elsewhere. */
export async function updateProgress(progress: Progress, queries: readonly QueryOfPlan[]): Promise<void> {
  await progress.look();
  await progress.learnInterest(queries);
  using merging = boundWait(longestMerge);
  if (await progress.merged(merging.signal)) await progress.learnInterest(queries);
}
