/**
 * A task and its state.
 *
 *   pending → staging → running → successful | failed | killed
 *
 * After a failure, a task goes from staging or running back to pending, as often as `attempts` allows. It is `killing` when it is no longer wanted, and
 * `unreachable` while its agent is; after that it is running again, or pending if it is gone.
 */
import type { WantedTask } from "./wanted-task.ts";

export type TaskState = "pending" | "staging" | "running" | "killing" | "unreachable" | "successful" | "failed" | "killed";

export interface Task {
  readonly wanted: WantedTask;
  readonly state: TaskState;
  /** The number of launches; 0 before the first. Mesos knows the latest launch as `ID.ATTEMPT`. */
  readonly attempt: number;
  /** The number of launches that failed by the task's own fault. */
  readonly failures: number;
  /** The number of launches in a row that failed, by any fault. The pause before the next launch grows with it. */
  readonly setbacks: number;
  /** Where the latest launch was placed. */
  readonly placement?: Placement;
  /** The latest report of Mesos on it, for people. */
  readonly cause?: string;
  /** When it came into this state, in milliseconds since the epoch. */
  readonly since: number;
  /** The earliest time of the next launch of a pending task. */
  readonly notBefore?: number;
}

export interface Placement {
  readonly taskId: string;
  readonly executorId?: string;
  readonly agentId: string;
  readonly hostname: string;
  readonly ports: readonly number[];
  /** The agent's attributes that constraints with `most` refer to. */
  readonly attributes?: Readonly<Record<string, string>>;
}

export const isEnded = ({ state }: Pick<Task, "state">): boolean => state === "successful" || state === "failed" || state === "killed";
