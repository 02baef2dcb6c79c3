/** What somebody wants to have run on the cluster. Plain data: it is stored as JSON, so that whoever leads next knows it too. */

import type { CommandInfo, ContainerInfo } from "../protocol/shapes.ts";

export interface WantedTask {
  /** It is one task for this scheduler, however often it is launched; Mesos sees `ID.ATTEMPT`. 1 to 200 characters without `/`, `\` and control characters. */
  readonly id: string;
  /** Tasks that belong together: `most` of a constraint counts them, and they are spread over agents where there is a choice. */
  readonly group?: string;
  /** What people see in Mesos' own pages; the id where it is absent. */
  readonly name?: string;
  readonly resources: TaskResources;
  readonly run: TaskRun;
  /** The image that the task, or its executor, runs in. */
  readonly container?: ContainerInfo;
  /** Base64, as Mesos has it: the task's `data`, which its executor gets. */
  readonly payload?: string;
  readonly constraints?: readonly Constraint[];
  /** Ids or hostnames of agents that are taken first where several would do. Nobody waits for them. */
  readonly preferredAgents?: readonly string[];
  /** How many launches may fail by the task's own fault before it has failed, at least 1; "unlimited" for what shall always run. Lost agents and the like do not count. */
  readonly attempts: number | "unlimited";
  /** Milliseconds between the polite request to end and the kill. */
  readonly killGrace?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** What to do while nobody knows whether the task runs, for its agent is unreachable: wait until Mesos says it is gone (usual), or launch another. */
  readonly whenUnreachable?: "wait" | "replace";
}

/** Numbers as people write them; they are counted in thousandths, as Mesos does. */
export interface TaskResources {
  readonly cpus: number;
  /** MB. */
  readonly mem: number;
  readonly disk?: number;
  /** How many ports; which ones the offer decides. A command finds them as PORT0, PORT1, …, an executor in the task's resources. */
  readonly ports?: number;
}

export type TaskRun =
  | { readonly kind: "command"; readonly command: CommandInfo }
  | {
      readonly kind: "executor";
      /** Tasks with the same id, which must have equal executors, share one on each agent. Without an id each task has its own, named as the task is. */
      readonly id?: string;
      readonly name?: string;
      readonly command: CommandInfo;
      /** What the executor itself takes, once on each agent. */
      readonly resources?: Omit<TaskResources, "ports">;
      /** Base64. */
      readonly payload?: string;
      /** Milliseconds. */
      readonly shutdownGrace?: number;
    };

/** About an attribute of the agent, or its `hostname`. Texts are compared as Mesos prints the attribute; `like` is a regular expression for the whole of it. */
export type Constraint =
  | { readonly attribute: string; readonly is: string }
  | { readonly attribute: string; readonly isNot: string }
  | { readonly attribute: string; readonly like: string }
  | { readonly attribute: string; readonly unlike: string }
  /** No more than so many tasks of the group where the attribute has the same value. */
  | { readonly attribute: string; readonly most: number };
