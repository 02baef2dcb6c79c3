/**
 * A task as its scheduler has it.
 *
 *   pending → staging → running → successful | failed | killed
 *
 * From staging and running back to pending after a failure, as long as `attempts` allows. `killing` once it is no longer wanted. `unreachable` while
 * its agent is: then running again, or pending once it is known to be gone.
 */
import type { WantedTask } from "./wanted-task.ts";

export type TaskState = "pending" | "staging" | "running" | "killing" | "unreachable" | "successful" | "failed" | "killed";

export interface Task {
  readonly wanted: WantedTask;
  readonly state: TaskState;
  /** How often it was launched in all; the latest launch is `ID.ATTEMPT` for Mesos. 0 before the first. */
  readonly attempt: number;
  /** How many launches failed by the task's own fault. */
  readonly failures: number;
  /** How many launches in a row came to nothing, by whose fault ever; the pause before the next one grows with it. */
  readonly setbacks: number;
  /** Of the latest launch. */
  readonly placement?: Placement;
  /** The latest thing that Mesos said about it, for people. */
  readonly cause?: string;
  /** Milliseconds since the epoch when it came into this state. */
  readonly since: number;
  /** A pending task is not launched before. */
  readonly notBefore?: number;
}

export interface Placement {
  readonly taskId: string;
  readonly executorId?: string;
  readonly agentId: string;
  readonly hostname: string;
  readonly ports: readonly number[];
  /** The agent's attributes that a constraint with `most` counts by. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export const isEnded = ({ state }: Pick<Task, "state">): boolean => state === "successful" || state === "failed" || state === "killed";
