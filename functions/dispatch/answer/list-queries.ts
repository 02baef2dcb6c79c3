/** Recent queries, newest first, a page at a time. Their states are looked up; no plan is followed and nothing is renewed for that. */
import pMap from "p-map";
import { z } from "zod";
import { nearNames } from "../../../engine/query/near-names.ts";
import type { ListedQuery } from "../../../storage/store.ts";
import type { QueryState } from "../../api.ts";
import { HttpProblem } from "../../http/problem.ts";
import type { Dispatcher } from "../dispatcher.ts";
import { updateProgress } from "../find-query.ts";
import { stateOf } from "../follow/followed-query.ts";
import { countPartitions } from "../follow/partition-state.ts";
import { decideState } from "../query-state.ts";

const states = ["waiting", "running", "done", "failed", "cancelled"] as const satisfies readonly QueryState[];

const listing = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  dataset: z.string().min(1).optional(),
  name: z.string().min(1).optional(),
  state: z.enum(states).optional(),
  /** `created` and `id` of the last query of the page before. */
  before: z
    .string()
    .regex(/^\d{1,15}-[0-9a-f]{64}$/, "is the `next` of a page")
    .optional(),
});

export type Listing = z.infer<typeof listing>;

/** The most queries that are examined for one page of a given state. */
const mostLookedAt = 2000;
/** The most plans that are read at a time, since each may be large. */
const plansAtATime = 8;

export function readListing(parameters: Readonly<Record<string, string>>): Listing {
  const parsed = listing.safeParse(parameters);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ at: `/${key}`, message: "is not known here", near: nearNames(key, Object.keys(listing.shape)) }))
      : [{ at: `/${issue.path.join("/")}`, message: issue.message }],
  );
  throw new HttpProblem(
    400,
    "bad-parameters",
    `Cannot list queries: ${errors.map(({ at, message }) => `${at.slice(1)}: ${message}`).join("; ")}`,
    errors,
  );
}

export interface QueryLine {
  readonly id: string;
  readonly name?: string;
  readonly dataset: string;
  readonly state: QueryState;
  readonly created: string;
  readonly lastAccess: string;
  readonly ageSeconds: number;
  /** The bytes of the merged result; 0 if it is not stored. */
  readonly bytes: number;
}

export async function listQueries(
  dispatcher: Dispatcher,
  { limit, state, before, ...filter }: Listing,
  now = Date.now(),
): Promise<{ readonly queries: readonly QueryLine[]; readonly next?: string }> {
  const found: QueryLine[] = [];
  await dispatcher.plans.saved();
  let last = before === undefined ? undefined : readPlace(before);
  for (let looked = 0; looked < mostLookedAt; ) {
    const { dataset, name } = filter;
    const page = await dispatcher.services.store.listQueries({
      limit,
      ...(dataset !== undefined && { dataset }),
      ...(name !== undefined && { name }),
      ...(last && { before: last }),
    });
    const current = await findStates(dispatcher, page);
    for (const query of page) {
      last = query;
      const its = current.get(query.id);
      if (its !== undefined && (state === undefined || its === state)) found.push(describeLine(query, its, now));
      if (found.length === limit) return { queries: found, next: `${query.created}-${query.id}` };
    }
    looked += page.length;
    if (page.length < limit) return { queries: found };
  }
  return { queries: found, ...(last && { next: `${last.created}-${last.id}` }) };
}

function readPlace(before: string): { readonly created: number; readonly id: string } {
  const [created, id] = before.split("-");
  return { created: Number(created), id };
}

/** The states by the queries' ids. A query whose plan is no longer stored has none: its status is not found either. */
async function findStates(dispatcher: Dispatcher, page: readonly ListedQuery[]): Promise<ReadonlyMap<string, QueryState>> {
  const states = new Map<string, QueryState>();
  const byPlan = new Map<string, ListedQuery[]>();
  for (const query of page) {
    const { id, planKey, resultBytes } = query;
    if (resultBytes !== undefined || dispatcher.results.recall(planKey)) states.set(id, "done");
    else byPlan.set(planKey, [...(byPlan.get(planKey) ?? []), query]);
  }
  const addOfPlan = async ([planKey, queries]: [string, ListedQuery[]]) => {
    for (const [id, state] of await findStatesOfPlan(dispatcher, planKey, queries)) states.set(id, state);
  };
  await pMap(byPlan, addOfPlan, { concurrency: plansAtATime });
  return states;
}

async function findStatesOfPlan(
  { plans, countInterest, services }: Dispatcher,
  planKey: string,
  queries: readonly ListedQuery[],
): Promise<readonly (readonly [string, QueryState])[]> {
  const progress = await plans.find(planKey);
  if (progress) {
    await updateProgress(progress, queries);
    return queries.map((query) => [query.id, stateOf({ query, progress })]);
  }
  // Interest is counted first. It ends with the last subtask, and by then all partials are stored.
  const interested = await countInterest(queries.map(({ id }) => id));
  const plan = (await services.store.getPlans([planKey])).get(planKey);
  if (!plan) return [];
  const partitions = await countPartitions(plan, services);
  return queries.map(({ id }) => [id, decideState({ hasResult: false, partitions, interested: interested.get(id) ?? 0 })]);
}

const describeLine = (
  { id, query: { name, dataset }, created, lastAccess, resultBytes }: ListedQuery,
  state: QueryState,
  now: number,
): QueryLine => ({
  id,
  ...(name === undefined ? {} : { name }),
  dataset,
  state,
  created: new Date(created).toISOString(),
  lastAccess: new Date(lastAccess).toISOString(),
  ageSeconds: Math.max(0, Math.round((now - created) / 1000)),
  bytes: resultBytes ?? 0,
});
