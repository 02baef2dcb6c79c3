/** The description of a task that shall run on the cluster. Plain data, stored as JSON so that the next leader knows it, too. */

import type { CommandInfo, ContainerInfo } from "../protocol/shapes.ts";

export interface WantedTask {
  /** Identifies the task across launches; Mesos sees `ID.ATTEMPT`. 1 to 200 characters without `/`, `\` and control characters. */
  readonly id: string;
  /** A name for tasks that belong together. Constraints with `most` count the tasks of a group, and these are spread over agents if possible. */
  readonly group?: string;
  /** The name in Mesos' pages; the id if absent. */
  readonly name?: string;
  readonly resources: TaskResources;
  readonly run: TaskRun;
  /** The image that the task, or its executor, runs in. */
  readonly container?: ContainerInfo;
  /** The task's `data` for its executor, in base64. */
  readonly payload?: string;
  readonly constraints?: readonly Constraint[];
  /** The ids or host names of agents that are preferred among offers that fit. A task does not wait for them. */
  readonly preferredAgents?: readonly string[];
  /** How many launches may fail by the task's own fault, at least 1, before it has failed; "unlimited" if it shall always run. Other failures do not count. */
  readonly attempts: number | "unlimited";
  /** The milliseconds between SIGTERM and SIGKILL. */
  readonly killGrace?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** What to do while the task's agent is unreachable: wait until Mesos reports that it is gone (the default), or launch another. */
  readonly whenUnreachable?: "wait" | "replace";
}

/** Resources as decimal numbers; they are rounded to thousandths, as Mesos does. */
export interface TaskResources {
  readonly cpus: number;
  /** In MB, as `disk`. */
  readonly mem: number;
  readonly disk?: number;
  /** The number of ports, which are chosen from the offer. A command finds them in PORT0, PORT1, …, an executor in the task's resources. */
  readonly ports?: number;
}

export type TaskRun =
  | { readonly kind: "command"; readonly command: CommandInfo }
  | {
      readonly kind: "executor";
      /** Tasks with the same executor id, and equal executors, share one on each agent. Without an id, each task has an executor of its own. */
      readonly id?: string;
      readonly name?: string;
      readonly command: CommandInfo;
      /** The resources of the executor itself, which are needed once on each agent. */
      readonly resources?: Omit<TaskResources, "ports">;
      /** The executor's `data`, in base64. */
      readonly payload?: string;
      /** In milliseconds. */
      readonly shutdownGrace?: number;
    };

/**
 * A condition on an attribute of the agent, or on its `hostname`. The attribute's text form is compared; `like` and `unlike` are regular expressions
 * for the whole text.
 */
export type Constraint =
  | { readonly attribute: string; readonly is: string }
  | { readonly attribute: string; readonly isNot: string }
  | { readonly attribute: string; readonly like: string }
  | { readonly attribute: string; readonly unlike: string }
  /** The most tasks of the group on agents with the same value of the attribute. */
  | { readonly attribute: string; readonly most: number };
