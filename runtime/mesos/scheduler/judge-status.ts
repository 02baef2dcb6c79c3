/**
 * Decides what a status update of Mesos means for a task. This table decides which launches count against a task's `attempts`.
 *
 *   failure      the task's own fault; counts
 *   hopeless     its description was refused, and would be again
 *   setback      it does not run, but not by its own fault; launched again, does not count
 *   killed       ended by a kill. If that was not asked for, it is a failure, since its command may have ended by a signal
 *   unreachable  its agent is away and may come back with it
 *   unknown      the master knows neither the task nor its agent, so it may still run
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

/** Reasons of failures that are the cluster's fault. */
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

/** Ends that the executor or agent itself reports, with details. */
const toldByAgents = new Set(["TASK_FINISHED", "TASK_FAILED", "TASK_KILLED"]);

export function judgeStatus({ state, reason = "", message = "" }: Pick<TaskStatus, "state" | "reason" | "message">): Verdict {
  // The master sends this for an agent that is back, without cause and data. The agent's own update follows.
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
      // These errors are due to the launch's id or offer, which the next launch does not share; all others are due to the description.
      if (clusterFaults.has(reason)) return "setback";
      return /duplicate|more than available/i.test(message) ? "failure" : "hopeless";
    case "TASK_DROPPED":
    case "TASK_GONE":
    case "TASK_GONE_BY_OPERATOR":
      return "setback";
    case "TASK_LOST":
      // With invalid offers it was never launched; any other lost task may still run.
      return reason === "REASON_INVALID_OFFERS" ? "setback" : "unreachable";
    case "TASK_UNREACHABLE":
      return "unreachable";
    case "TASK_UNKNOWN":
      return "unknown";
  }
}

/** A status update in one line, for people. */
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
