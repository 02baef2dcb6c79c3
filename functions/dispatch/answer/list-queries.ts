/** Recent queries, newest first, a page at a time. Their states are looked up, nothing is followed or renewed for it. */

import pMap from "p-map";
import { z } from "zod";
import { subtaskKey } from "../../../base/subtask-key.ts";
import type { Coordinator } from "../../../coordination/coordinator.ts";
import { nearNames } from "../../../engine/query/near-names.ts";
import type { ListedQuery, Store } from "../../../storage/store.ts";
import type { Status } from "../../api.ts";
import { HttpProblem } from "../../http/problem.ts";

const states = ["waiting", "running", "done", "failed", "cancelled"] as const;

const listing = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  dataset: z.string().min(1).optional(),
  name: z.string().min(1).optional(),
  state: z.enum(states).optional(),
  /** `created` and `id` of the last one of the page before. */
  before: z
    .string()
    .regex(/^\d{1,15}-[0-9a-f]{64}$/, "is the `next` of a page")
    .optional(),
});

export type Listing = z.infer<typeof listing>;

/** At most so many queries are looked through for one page of a state. */
const mostLookedAt = 2000;
/** Each reads a plan, which may be large. */
const statesAtATime = 8;

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
  readonly state: Status["state"];
  readonly created: string;
  readonly lastAccess: string;
  readonly ageSeconds: number;
  /** Of the merged result, where it is stored. */
  readonly bytes: number;
}

export async function listQueries(
  services: { readonly store: Store; readonly coordinator: Coordinator },
  { limit, state, before, ...filter }: Listing,
  now = Date.now(),
): Promise<{ readonly queries: readonly QueryLine[]; readonly next?: string }> {
  const found: QueryLine[] = [];
  let last = before === undefined ? undefined : readPlace(before);
  for (let looked = 0; looked < mostLookedAt; ) {
    const { dataset, name } = filter;
    const page = await services.store.listQueries({
      limit,
      ...(dataset !== undefined && { dataset }),
      ...(name !== undefined && { name }),
      ...(last && { before: last }),
    });
    const states = await pMap(page, (query) => stateOf(query, services), { concurrency: statesAtATime });
    for (const [index, query] of page.entries()) {
      last = query;
      const current = states[index];
      if (state === undefined || current === state) found.push(describeLine(query, current, now));
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

async function stateOf(
  { planKey, resultBytes }: ListedQuery,
  { store, coordinator }: { readonly store: Store; readonly coordinator: Coordinator },
): Promise<Status["state"]> {
  if (resultBytes !== undefined) return "done";
  const plan = (await store.getPlans([planKey])).get(planKey);
  if (!plan) return "cancelled";
  const known = [
    ...(await coordinator.states(plan.partitions.map(({ fingerprint }) => subtaskKey(plan.programKey, fingerprint)))).values(),
  ];
  const count = (kind: "unowned" | "owned" | "failed") => known.filter((each) => each.kind === kind).length;
  if (count("owned") > 0) return "running";
  if (count("unowned") > 0) return count("unowned") === plan.partitions.length ? "waiting" : "running";
  if (count("failed") > 0) return count("failed") === plan.partitions.length ? "failed" : "done";
  return "cancelled";
}

const describeLine = (
  { id, query: { name, dataset }, created, lastAccess, resultBytes }: ListedQuery,
  state: Status["state"],
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
