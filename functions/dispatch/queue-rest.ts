/** Queues the partitions of a plan that have no stored partial, and counts what becomes of each. */
import type { Coordinator, Subtask } from "../../coordination/coordinator.ts";
import type { StoredPlan } from "../../storage/store.ts";
import type { Status } from "../api.ts";
import { perTurn, turn } from "../turn.ts";
import type { Followed } from "./dispatcher.ts";
import { subtaskOf } from "./plan-submission.ts";
import type { Progress } from "./progress.ts";

export interface QueueOptions {
  /** Keys of stored partials. */
  readonly found: ReadonlySet<string>;
  readonly client: string;
  readonly query: Followed["query"];
  readonly progress: Progress;
  readonly coordinator: Pick<Coordinator, "enqueue">;
}

export async function queueRest(plan: StoredPlan, options: QueueOptions): Promise<NonNullable<Status["submission"]>> {
  const { found, client, query, progress, coordinator } = options;
  const total = plan.partitions.length;
  const subtasks: Subtask[] = [];
  for (let place = 0; place < total; place++) {
    if (place % perTurn === perTurn - 1) await turn();
    const subtask = subtaskOf(plan, place);
    if (!found.has(subtask.key)) subtasks.push(subtask);
  }
  const request = { queryId: query.id, client, priority: query.query.priority, subtasks };
  const { queued } = subtasks.length === 0 ? { queued: 0 } : await coordinator.enqueue(request);
  // Of what was queued now its events tell.
  await progress.refresh();
  const joined = Math.max(0, subtasks.length - queued - progress.counts.failed);
  return { total, stored: total - joined - queued, joined, queued };
}
