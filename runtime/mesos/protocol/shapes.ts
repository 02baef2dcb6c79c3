/**
 * Mesos' data types as plain data in our own form, as far as a scheduler and an executor use them. Ids are strings. Fields without a value are absent.
 * `encode-shapes.ts` and `decode-shapes.ts` convert to and from Mesos' JSON.
 */

/** An amount in thousandths, as Mesos itself counts: 1 cpu is 1,000; 128 MB of mem or disk are 128,000. Sums are exact. */
export type Milli = number;

/** Nanoseconds, which may exceed 2^53. */
export type Nanoseconds = bigint;

/** A range that includes both ends. */
export interface ValueRange {
  readonly begin: number;
  readonly end: number;
}

export type Resource = (
  | { readonly kind: "scalar"; readonly amount: Milli }
  | { readonly kind: "ranges"; readonly ranges: readonly ValueRange[] }
  | { readonly kind: "set"; readonly items: readonly string[] }
) & {
  /** `cpus`, `mem` and `disk` (in MB), `gpus`, `ports`, or a name that an operator chose. */
  readonly name: string;
  /** False if it is reserved, revocable, shared, a volume or a provider's; tasks that ask for plain resources must not use it. Always true in a request. */
  readonly isPlain: boolean;
};

export type Attribute = { readonly name: string } & (
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "scalar"; readonly value: number }
  | { readonly kind: "ranges"; readonly ranges: readonly ValueRange[] }
  | { readonly kind: "set"; readonly items: readonly string[] }
);

/** The planned maintenance of an agent. */
export interface Unavailability {
  /** When it begins, since the epoch. */
  readonly start: Nanoseconds;
  /** How long it lasts; for good if absent. */
  readonly duration?: Nanoseconds;
}

export interface Offer {
  readonly id: string;
  readonly agentId: string;
  readonly hostname: string;
  /** The role that the offer is made to, one of the framework's. */
  readonly role: string;
  readonly resources: readonly Resource[];
  readonly attributes: readonly Attribute[];
  /** The ids of this framework's executors that run there, which a task may share. */
  readonly executorIds: readonly string[];
  readonly unavailability?: Unavailability;
}

/** A request to leave an agent soon, for its maintenance. */
export interface InverseOffer {
  readonly id: string;
  /** The agent; if absent, it concerns the whole framework. */
  readonly agentId?: string;
  readonly unavailability: Unavailability;
}

export interface FrameworkInfo {
  /** The user with whose rights tasks run on agents; "" for the agent's own. */
  readonly user: string;
  readonly name: string;
  /** The id that the master gave it at its first subscription. */
  readonly id?: string;
  /** The seconds that its tasks continue without a scheduler. */
  readonly failoverTimeout: number;
  /** Whether agents record its tasks, so that these survive a restart of the agent. */
  readonly checkpoint: boolean;
  readonly roles: readonly string[];
  readonly capabilities: readonly Capability[];
  readonly hostname?: string;
  /** Must be the principal that it authenticates as. */
  readonly principal?: string;
  readonly webuiUrl?: string;
  readonly labels?: Labels;
}

/** The capabilities that are used here, among those of Mesos. */
export type Capability = "MULTI_ROLE" | "PARTITION_AWARE" | "TASK_KILLING_STATE";

export type Labels = Readonly<Record<string, string>>;

export interface CommandUri {
  readonly value: string;
  readonly executable?: boolean;
  /** Whether an archive is unpacked; true if absent. */
  readonly extract?: boolean;
  readonly cache?: boolean;
  readonly outputFile?: string;
}

export interface CommandInfo {
  /** What to run: a line for the shell if `arguments` is absent, else the program's path; `arguments` then begins with its name. */
  readonly value: string;
  readonly arguments?: readonly string[];
  /** Visible to everybody who may see the master's state, so it must have no secrets. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly uris?: readonly CommandUri[];
  readonly user?: string;
}

/** An image that the task or the executor runs in. */
export interface ContainerInfo {
  /** The containerizer that runs it. */
  readonly kind: "docker" | "mesos";
  readonly image: string;
}

/** An executor. All tasks with one executor id on one agent must state exactly the same one. */
export interface ExecutorInfo {
  readonly id: string;
  readonly command: CommandInfo;
  /** Needed once on each agent, in addition to the resources of its first task there. */
  readonly resources: readonly Resource[];
  readonly name?: string;
  readonly data?: Uint8Array;
  readonly container?: ContainerInfo;
  readonly shutdownGracePeriod?: Nanoseconds;
  readonly labels?: Labels;
}

/** A task to launch, with either a command or an executor. */
export interface TaskInfo {
  readonly id: string;
  readonly name: string;
  readonly agentId: string;
  readonly resources: readonly Resource[];
  readonly command?: CommandInfo;
  readonly executor?: ExecutorInfo;
  readonly data?: Uint8Array;
  readonly container?: ContainerInfo;
  readonly labels?: Labels;
  /** The grace of a KILL that does not state one. */
  readonly killGracePeriod?: Nanoseconds;
}

export const terminalStates = [
  "TASK_FINISHED",
  "TASK_FAILED",
  "TASK_KILLED",
  "TASK_ERROR",
  "TASK_LOST",
  "TASK_DROPPED",
  "TASK_GONE",
  "TASK_GONE_BY_OPERATOR",
] as const;

export const liveStates = ["TASK_STAGING", "TASK_STARTING", "TASK_RUNNING", "TASK_KILLING", "TASK_UNREACHABLE", "TASK_UNKNOWN"] as const;

/** Mesos calls TASK_LOST and TASK_GONE_BY_OPERATOR terminal, although such a task may come back. */
export type TerminalTaskState = (typeof terminalStates)[number];
export type TaskState = TerminalTaskState | (typeof liveStates)[number];

export const isTerminal = (state: TaskState): state is TerminalTaskState => (terminalStates as readonly TaskState[]).includes(state);

export type StatusSource = "SOURCE_MASTER" | "SOURCE_AGENT" | "SOURCE_EXECUTOR";

export interface TaskStatus {
  readonly taskId: string;
  /** The state; one that is not known here becomes TASK_UNKNOWN. */
  readonly state: TaskState;
  /** Who reported it; absent if the source is not known here. */
  readonly source?: StatusSource;
  /** Mesos' name of the reason, such as REASON_EXECUTOR_TERMINATED; newer versions have further ones. */
  readonly reason?: string;
  readonly message?: string;
  readonly data?: Uint8Array;
  readonly agentId?: string;
  /** Absent unless the executor stated it, since the agent does not add it. */
  readonly executorId?: string;
  /** Seconds since the epoch. */
  readonly timestamp?: number;
  /** In base64, to be returned unchanged in the acknowledgement. Absent if the update needs none. */
  readonly uuid?: string;
  readonly labels?: Labels;
  /** When its agent became unreachable, since the epoch. */
  readonly unreachableTime?: Nanoseconds;
}
