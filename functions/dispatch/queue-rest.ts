/**
 * Queues the subtasks of a plan that have no stored partial, and counts how many are stored, joined and queued. A new query is stored only after it was queued,
 * so that a query for which the coordinator has no room is never listed.
 */

import { perTurn, turn } from "../../base/turn.ts";
import { CoordinatorUnavailableError, type Subtask, type SubtaskRequest } from "../../coordination/coordinator.ts";
import type { StoredPlan, StoredQuery } from "../../storage/store.ts";
import type { Submission } from "../api.ts";
import type { Services } from "../services.ts";
import type { Progress } from "./follow/progress.ts";
import { countSubtasks, subtaskOf } from "./plan/plan-query.ts";

export interface QueueOptions {
  /** The keys of the stored partials. */
  readonly found: ReadonlySet<string>;
  readonly client: string;
  readonly query: StoredQuery;
  /** Whether the query is stored. */
  readonly isKnown: boolean;
  /** Settles when the plan and its programs are stored. */
  readonly stored: Promise<void>;
  readonly progress: Progress;
  readonly services: Pick<Services, "store" | "coordinator">;
}

const mostTries = 5;

export async function queueRest(plan: StoredPlan, options: QueueOptions): Promise<Submission> {
  const { found, client, query, progress } = options;
  const total = countSubtasks(plan);
  const subtasks: Subtask[] = [];
  for (let place = 0; place < total; place++) {
    if (place % perTurn === perTurn - 1) await turn();
    const subtask = subtaskOf(plan, place);
    if (!found.has(subtask.key)) subtasks.push(subtask);
  }
  const queued = await enqueueAll({ queryId: query.id, client, priority: query.query.priority, subtasks }, options);
  // The coordinator's events tell of the subtasks that were queued now. The states of the others are looked up.
  await Promise.all([progress.refresh(), storeQuery(query, options)]);
  const joined = Math.max(0, subtasks.length - queued - progress.partitions.counts.failed);
  return { total, stored: total - joined - queued, joined, queued };
}

async function storeQuery(query: StoredQuery, { client, isKnown, stored, services: { coordinator, store } }: QueueOptions): Promise<void> {
  try {
    await Promise.all([stored, isKnown ? undefined : store.putQuery(query)]);
  } catch (error) {
    // Nobody could ask for the query's status, or a restarted process could not run it. It must not stay queued.
    await coordinator.withdraw(query.id, client).catch(() => undefined);
    throw error;
  }
}

/**
 * Queues the subtasks; returns how many were new. The coordinator may accept only the first ones of a long request, if the query's earlier subtasks are all
 * done or withdrawn before the rest has arrived. Subtasks whose partials are not stored by then are queued again.
 */
async function enqueueAll(request: SubtaskRequest, { services: { coordinator, store } }: QueueOptions): Promise<number> {
  let queued = 0;
  let { subtasks } = request;
  for (let tries = 0; subtasks.length > 0; tries++) {
    if (tries === mostTries) throw new CoordinatorUnavailableError("Others kept ending the query while it was queued; ask again");
    const taken = await coordinator.enqueue({ ...request, subtasks });
    queued += taken.queued;
    if (taken.queued + taken.joined >= subtasks.length) break;
    const stored = await store.findPartials(subtasks.map(({ key }) => key));
    subtasks = subtasks.filter(({ key }) => !stored.has(key));
  }
  return queued;
}
