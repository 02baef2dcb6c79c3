/** Describes jobs for people and for programs. */
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { Task } from "../scheduler/task.ts";

export interface JobReport {
  readonly id: string;
  readonly state: string;
  /** The number of launches. */
  readonly attempts: number;
  readonly agent: string | null;
  /** Why it is in this state, or why it waits. */
  readonly cause: string | null;
}

export function reportJob(scheduler: Pick<Scheduler, "whyPending">, task: Task): JobReport {
  const cause = (task.state === "pending" ? scheduler.whyPending(task.wanted.id) : undefined) ?? task.cause;
  return {
    id: task.wanted.id,
    state: task.state.toUpperCase(),
    attempts: task.attempt,
    agent: task.placement?.hostname ?? null,
    cause: cause ?? null,
  };
}

/** A summary such as "8 jobs: 3 successful, 5 running". */
export function summarize(tasks: readonly Task[]): string {
  const counts = new Map<string, number>();
  for (const { state } of tasks) counts.set(state, (counts.get(state) ?? 0) + 1);
  const order = ["successful", "failed", "killed", "running", "staging", "killing", "unreachable", "pending"];
  const parts = order.filter((state) => counts.has(state)).map((state) => `${counts.get(state)} ${state}`);
  return `${tasks.length} ${tasks.length === 1 ? "job" : "jobs"}: ${parts.join(", ")}`;
}

const ranks: Readonly<Record<string, number>> = {
  failed: 0,
  unreachable: 1,
  killing: 2,
  running: 3,
  staging: 4,
  pending: 5,
  killed: 6,
  successful: 7,
};

/** Sorts tasks so that those that need attention come first. */
export const byInterest = (tasks: readonly Task[]): readonly Task[] => tasks.toSorted((a, b) => ranks[a.state]! - ranks[b.state]!);
