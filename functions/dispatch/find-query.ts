/** A query by its id, and how far it is. Whoever only looks becomes interested in nothing; whoever asked for the query stays so. */
import { boundWait } from "../http/bounded-wait.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { FollowedQuery } from "./follow/followed-query.ts";

/** Milliseconds for which an answer waits, where everything is computed and only has to be merged here. */
const longestMerge = 200;

/** Throws a problem of status 404. */
export async function findQuery(dispatcher: Dispatcher, id: string, client: string): Promise<FollowedQuery> {
  const { services, plans, results } = dispatcher;
  const query = /^[0-9a-f]{64}$/.test(id) ? await services.store.getQuery(id) : undefined;
  if (!query) throw new HttpProblem(404, "unknown-query", `There is no query ${id.slice(0, 80)}; POST it to /queries.`);
  const planned = (await plans.find(query.planKey)) ?? (await results.findPlanned(query.planKey));
  if (!planned) throw new HttpProblem(404, "unknown-query", `The plan of query ${id} is no longer stored; POST the query again.`);
  const result = await results.find(planned);
  if (result) return { query, ...result };
  const { plan, program } = planned;
  const progress = await plans.follow(planned, query);
  const followed = { query, plan, program, progress };
  await Promise.all([progress.look(), renewInterest(dispatcher, followed, client)]);
  await progress.learnInterest([query]);
  using merging = boundWait(longestMerge);
  await progress.merged(merging.signal);
  return followed;
}

/** Renews the interest of a client that has one in a query that has not ended. */
export async function renewInterest({ interest }: Dispatcher, { query, progress }: FollowedQuery, client: string): Promise<void> {
  if (progress && !progress.isFinished && (await interest.renew(query.id, client))) progress.clients.isBack(query, client);
}
