/** Applies a status update of Mesos to a task. Updates may come twice, late, or for launches that are over, without harm. */
import { pauseAfter } from "../../../base/retry.ts";
import { isTerminal, type TaskStatus } from "../protocol/shapes.ts";
import { countFailure, countSuccess } from "./agents.ts";
import { describeStatus, judgeStatus, type Verdict } from "./judge-status.ts";
import { type Effects, type SchedulerState, setTask } from "./scheduler-state.ts";
import { isEnded, type Task, type TaskState } from "./task.ts";
import { splitTaskId } from "./task-info.ts";

export function applyStatus(state: SchedulerState, status: TaskStatus, effects: Effects, now: number): void {
  const named = splitTaskId(status.taskId);
  const task = named && state.tasks.get(named.id);
  if (task && task.placement?.taskId === status.taskId && !isEnded(task)) {
    const next = nextTask(state, task, { verdict: judgeStatus(status), cause: describeStatus(status), now });
    note(state, next, { status, now });
    if (next !== task) setTask(state, next, effects, status.data);
    // The task does not change, but the executor's data is still passed on.
    else if (status.data) effects.news.push({ kind: "task", task, data: status.data });
  } else {
    killStray(status, effects);
  }
  // The acknowledgement is only sent when the changes are durable.
  const { uuid, agentId, taskId } = status;
  if (uuid !== undefined && agentId !== undefined) effects.calls.push({ kind: "acknowledge", taskId, agentId, uuid });
}

/** Updates what is known of a launched task outside the record. */
function note(
  state: SchedulerState,
  { wanted: { id }, state: next }: Task,
  { status, now }: { readonly status: TaskStatus; readonly now: number },
): void {
  state.asked.delete(id);
  if (status.state !== "TASK_UNKNOWN") state.unknownSince.delete(id);
  else if (next === "unreachable" && !state.unknownSince.has(id)) state.unknownSince.set(id, now);
  if (next !== "pending") state.heard.set(id, now);
  // A task that shall end is alive on an agent that returned, so the kill may be lost and is sent again.
  const kill = state.kills.get(id);
  if (kill && status.reason === "REASON_AGENT_REREGISTERED") kill.next = now;
}

/** Kills a launch that does not belong to a task, or no longer does. */
function killStray({ taskId, agentId, state }: TaskStatus, { calls }: Effects): void {
  if (isTerminal(state) || state === "TASK_UNREACHABLE" || state === "TASK_UNKNOWN" || state === "TASK_KILLING") return;
  calls.push({ kind: "kill", taskId, ...(agentId !== undefined && { agentId }) });
}

interface Judged {
  readonly verdict: Verdict;
  readonly cause: string;
  readonly now: number;
}

/**
 * The task after an update; the same object if nothing changes. An update for a pending task is of a launch that was given up; if that launch is
 * alive, the task takes it back.
 */
function nextTask(state: SchedulerState, task: Task, judged: Judged): Task {
  const { verdict, cause, now } = judged;
  const isKilling = task.state === "killing";
  switch (verdict) {
    case "successful":
      countSuccess(state.agents, task.placement!.agentId);
      return become(task, "successful", { now });
    case "staging":
      return become(task, task.state === "running" || isKilling ? task.state : "staging", { now });
    case "running":
      return become(task, isKilling ? "killing" : "running", { now });
    case "ending":
      return become(task, task.state === "pending" ? "running" : task.state, { now, cause: "it is being killed" });
  }
  if (task.state === "pending") return task;
  switch (verdict) {
    case "unknown":
    case "unreachable":
      if (isKilling) return become(task, verdict === "unknown" ? "killed" : "killing", { now, cause });
      return task.wanted.whenUnreachable === "replace" ? launchAgain(state, task, judged) : become(task, "unreachable", { now, cause });
    case "setback":
      return isKilling ? become(task, "killed", { now, cause }) : launchAgain(state, task, judged);
    case "hopeless":
      return become(task, isKilling ? "killed" : "failed", { now, cause });
    case "killed":
    case "failure": {
      if (isKilling) return become(task, "killed", { now, cause });
      countFailure(state.agents, task.placement!.agentId, { now, backoff: state.times.avoidAgent });
      const counted = { ...task, failures: task.failures + 1 };
      const { attempts } = task.wanted;
      const isLast = attempts !== "unlimited" && counted.failures >= attempts;
      return isLast ? become(counted, "failed", { now, cause }) : launchAgain(state, counted, judged);
    }
  }
}

function become(task: Task, next: TaskState, { now, cause }: { readonly now: number; readonly cause?: string }): Task {
  if (task.state === next && task.cause === cause) return task;
  const { cause: _, notBefore: __, ...rest } = task;
  return { ...rest, state: next, since: task.state === next ? task.since : now, ...(cause !== undefined && { cause }) };
}

/** Makes the task pending again. After a single setback that is not its own fault, it is launched again at once. */
function launchAgain(state: SchedulerState, task: Task, { verdict, cause, now }: Judged): Task {
  const { longRun, relaunch } = state.times;
  const setbacks = task.state === "running" && now - task.since >= longRun ? 1 : task.setbacks + 1;
  const isFree = verdict !== "failure" && verdict !== "killed" && setbacks === 1;
  if (isFree) state.wantsRevive = true;
  return { ...task, state: "pending", setbacks, cause, since: now, notBefore: isFree ? now : now + pauseAfter(setbacks, relaunch) };
}

/** Treats tasks as gone if neither the master nor any agent has known them for `unknownPatience`. */
export function giveUpUnknown(state: SchedulerState, effects: Effects, now: number): void {
  for (const [id, since] of [...state.unknownSince]) {
    if (now - since < state.times.unknownPatience) continue;
    const cause = "neither the master nor an agent knows it";
    setTask(state, launchAgain(state, state.tasks.get(id)!, { verdict: "setback", cause, now }), effects);
  }
}
