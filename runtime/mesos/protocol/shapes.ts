/**
 * What Mesos speaks of, as plain data in our own form: only what a scheduler and an executor use. Ids are texts. What has no value is absent.
 * `encode-shapes.ts` and `decode-shapes.ts` turn it into and from Mesos' JSON.
 */

/** In thousandths, as Mesos itself counts: 1 cpu is 1,000; 128 MB of mem or disk are 128,000. They add up without drifting. */
export type Milli = number;

/** Nanoseconds; more than a number holds exactly. */
export type Nanoseconds = bigint;

/** Both ends belong to it. */
export interface ValueRange {
  readonly begin: number;
  readonly end: number;
}

export type Resource = (
  | { readonly kind: "scalar"; readonly amount: Milli }
  | { readonly kind: "ranges"; readonly ranges: readonly ValueRange[] }
  | { readonly kind: "set"; readonly items: readonly string[] }
) & {
  /** `cpus`, `mem` and `disk` (MB), `gpus`, `ports`, or what an operator called it. */
  readonly name: string;
  /** False where it is reserved, revocable, shared, a volume or a provider's: a task that asks for plain resources must not use it. In a request it is true. */
  readonly isPlain: boolean;
};

export type Attribute = { readonly name: string } & (
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "scalar"; readonly value: number }
  | { readonly kind: "ranges"; readonly ranges: readonly ValueRange[] }
  | { readonly kind: "set"; readonly items: readonly string[] }
);

/** When an operator means to take an agent away. */
export interface Unavailability {
  /** Since the epoch. */
  readonly start: Nanoseconds;
  /** Absent: for good. */
  readonly duration?: Nanoseconds;
}

export interface Offer {
  readonly id: string;
  readonly agentId: string;
  readonly hostname: string;
  /** The role that it was made to; a framework of several roles has an offer for one of them. */
  readonly role: string;
  readonly resources: readonly Resource[];
  readonly attributes: readonly Attribute[];
  /** Executors of this framework that run there: a task may join them. */
  readonly executorIds: readonly string[];
  readonly unavailability?: Unavailability;
}

/** A request to give an agent back, soon, for its maintenance. */
export interface InverseOffer {
  readonly id: string;
  /** Absent: it concerns the whole framework. */
  readonly agentId?: string;
  readonly unavailability: Unavailability;
}

export interface FrameworkInfo {
  /** Whose rights tasks have on agents; "" for the agent's own. */
  readonly user: string;
  readonly name: string;
  /** What the master called it at its first subscription. */
  readonly id?: string;
  /** Seconds that its tasks live on without it. */
  readonly failoverTimeout: number;
  /** Whether agents write down its tasks, so that they survive a restart of the agent. */
  readonly checkpoint: boolean;
  readonly roles: readonly string[];
  readonly capabilities: readonly Capability[];
  readonly hostname?: string;
  /** Must be the one that it authenticates as. */
  readonly principal?: string;
  readonly webuiUrl?: string;
  readonly labels?: Labels;
}

/** Of those that Mesos knows, the ones that are used. */
export type Capability = "MULTI_ROLE" | "PARTITION_AWARE" | "TASK_KILLING_STATE";

export type Labels = Readonly<Record<string, string>>;

export interface CommandUri {
  readonly value: string;
  readonly executable?: boolean;
  /** True where Mesos does not hear otherwise: an archive is unpacked. */
  readonly extract?: boolean;
  readonly cache?: boolean;
  readonly outputFile?: string;
}

export interface CommandInfo {
  /** What to run: a line for the shell where `arguments` are absent, else the program's path; `arguments` begin with its name. */
  readonly value: string;
  readonly arguments?: readonly string[];
  /** Everybody who may see the master's state sees it: no secrets. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly uris?: readonly CommandUri[];
  readonly user?: string;
}

/** An image that the task or the executor runs in. */
export interface ContainerInfo {
  /** Which containerizer runs it. */
  readonly kind: "docker" | "mesos";
  readonly image: string;
}

/** An executor of ours. All tasks of one executor id on one agent must name exactly the same. */
export interface ExecutorInfo {
  readonly id: string;
  readonly command: CommandInfo;
  /** Charged for its first task on an agent, beside that task's own. */
  readonly resources: readonly Resource[];
  readonly name?: string;
  readonly data?: Uint8Array;
  readonly container?: ContainerInfo;
  readonly shutdownGracePeriod?: Nanoseconds;
  readonly labels?: Labels;
}

/** Has either a command or an executor. */
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
  /** How long a KILL that names no other time lets it end by itself. */
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

/** Of TASK_LOST and TASK_GONE_BY_OPERATOR Mesos says that they are terminal, and yet such a task may come back. */
export type TerminalTaskState = (typeof terminalStates)[number];
export type TaskState = TerminalTaskState | (typeof liveStates)[number];

export const isTerminal = (state: TaskState): state is TerminalTaskState => (terminalStates as readonly TaskState[]).includes(state);

export type StatusSource = "SOURCE_MASTER" | "SOURCE_AGENT" | "SOURCE_EXECUTOR";

export interface TaskStatus {
  readonly taskId: string;
  /** A state that is not known here counts as TASK_UNKNOWN, which says as little. */
  readonly state: TaskState;
  /** Absent where it is none that is known here. */
  readonly source?: StatusSource;
  /** Mesos' name of it, such as REASON_EXECUTOR_TERMINATED; new versions have new ones. */
  readonly reason?: string;
  readonly message?: string;
  readonly data?: Uint8Array;
  readonly agentId?: string;
  /** Absent where the executor did not say it: the agent does not add it. */
  readonly executorId?: string;
  /** Seconds since the epoch. */
  readonly timestamp?: number;
  /** Base64, to be given back as it came. Absent: the update wants no acknowledgement. */
  readonly uuid?: string;
  readonly labels?: Labels;
  /** Since the epoch; when its agent fell silent. */
  readonly unreachableTime?: Nanoseconds;
}
