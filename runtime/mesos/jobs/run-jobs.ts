/** Runs jobs to their ends, and reports their progress. */
import type { Scheduler, SchedulerEnd } from "../scheduler/scheduler.ts";
import { isEnded, type Task } from "../scheduler/task.ts";
import type { WantedTask } from "../scheduler/wanted-task.ts";

export interface JobsRun {
  /** The jobs' tasks, in the order of the file. */
  readonly tasks: readonly Task[];
  /** Present if the scheduler ended before the jobs did. */
  readonly end?: SchedulerEnd;
}

export interface JobsOptions {
  /** Ends the watching; the jobs go on. */
  readonly signal: AbortSignal;
  readonly onTask: (task: Task) => void;
}

/** Jobs that are in the record already continue from their recorded state, even if they have ended. */
export async function runJobs(scheduler: Scheduler, jobs: readonly WantedTask[], { signal, onTask }: JobsOptions): Promise<JobsRun> {
  const ids = new Set(jobs.map(({ id }) => id));
  let left = ids.size;
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const live = new Set(ids);
  const note = (task: Task) => {
    const { id } = task.wanted;
    if (isEnded(task) && live.delete(id) && --left === 0) finish();
  };
  const unfollow = scheduler.follow((news) => {
    if (news.kind !== "task" || !ids.has(news.task.wanted.id)) return;
    onTask(news.task);
    note(news.task);
  });
  signal.addEventListener("abort", finish, { once: true });
  try {
    // If they cannot be recorded, the scheduler ends, which is seen below.
    await scheduler.want(jobs).catch((error: unknown) => {
      if (error instanceof RangeError) throw error;
    });
    for (const task of scheduler.tasks()) if (ids.has(task.wanted.id)) note(task);
    if (signal.aborted) finish();
    const end = await Promise.race([finished, scheduler.ended]);
    return { tasks: jobs.flatMap(({ id }) => scheduler.task(id) ?? []), ...(end && { end }) };
  } finally {
    unfollow();
    signal.removeEventListener("abort", finish);
  }
}
