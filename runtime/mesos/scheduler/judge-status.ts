/**
 * What an update of Mesos means for a task. This table decides which launches count against a task's `attempts`.
 *
 *   failure      its own fault: counts
 *   hopeless     its description is refused: launching it again would be, too
 *   setback      it does not run, and not by its own fault: launched again, without counting
 *   killed       ended by a kill: what was asked for, or else a failure, since its command may have ended by a signal
 *   unreachable  nobody knows: its agent is away, and may come back with it
 *   unknown      the master knows neither the task nor its agent; so it is not known to have ended
 */
import type { TaskStatus } from "../protocol/shapes.ts";

export type Verdict =
  | "staging"
  | "running"
  | "ending"
  | "successful"
  | "failure"
  | "hopeless"
  | "setback"
  | "killed"
  | "unreachable"
  | "unknown";

/** Failures that the cluster is to blame for. */
const clusterFaults = new Set([
  "REASON_AGENT_DISCONNECTED",
  "REASON_AGENT_DRAINING",
  "REASON_AGENT_REMOVED",
  "REASON_AGENT_REMOVED_BY_OPERATOR",
  "REASON_AGENT_RESTARTED",
  "REASON_AGENT_UNKNOWN",
  "REASON_CONTAINER_PREEMPTED",
  "REASON_CONTAINER_UPDATE_FAILED",
  "REASON_EXECUTOR_REREGISTRATION_TIMEOUT",
  "REASON_GC_ERROR",
  "REASON_INVALID_OFFERS",
  "REASON_MASTER_DISCONNECTED",
  "REASON_RESOURCES_UNKNOWN",
]);

/** Ends that a task's executor or agent tells, with what there is to say about them. */
const toldByAgents = new Set(["TASK_FINISHED", "TASK_FAILED", "TASK_KILLED"]);

export function judgeStatus({ state, reason = "", message = "" }: Pick<TaskStatus, "state" | "reason" | "message">): Verdict {
  // The master tells it of an agent that is back, without cause and data. The agent's own update comes after it.
  if (reason === "REASON_AGENT_REREGISTERED" && toldByAgents.has(state)) return "running";
  switch (state) {
    case "TASK_STAGING":
    case "TASK_STARTING":
      return "staging";
    case "TASK_RUNNING":
      return "running";
    case "TASK_KILLING":
      return "ending";
    case "TASK_FINISHED":
      return "successful";
    case "TASK_FAILED":
      return clusterFaults.has(reason) ? "setback" : "failure";
    case "TASK_KILLED":
      return clusterFaults.has(reason) ? "setback" : "killed";
    case "TASK_ERROR":
      // The next launch has another id, and another offer; all other errors are in the description.
      if (clusterFaults.has(reason)) return "setback";
      return /duplicate|more than available/i.test(message) ? "failure" : "hopeless";
    case "TASK_DROPPED":
    case "TASK_GONE":
    case "TASK_GONE_BY_OPERATOR":
      return "setback";
    case "TASK_LOST":
      // It was never launched; any other lost task may still run.
      return reason === "REASON_INVALID_OFFERS" ? "setback" : "unreachable";
    case "TASK_UNREACHABLE":
      return "unreachable";
    case "TASK_UNKNOWN":
      return "unknown";
  }
}

/** For people: what Mesos says, in one line. */
export function describeStatus({ state, reason, message }: Pick<TaskStatus, "state" | "reason" | "message">): string {
  const name = state
    .replace(/^TASK_/, "")
    .toLowerCase()
    .replaceAll("_", " ");
  const why =
    reason === "REASON_CONTAINER_LIMITATION_MEMORY"
      ? "out of memory"
      : reason
          ?.replace(/^REASON_/, "")
          .toLowerCase()
          .replaceAll("_", " ");
  return [name, ...(why ? [why] : []), ...(message ? [message] : [])].join(": ").slice(0, 500);
}
