/** Subtasks, queries, and the clients' interest in queries, as the embedded coordinator keeps and records them. */
import { clientOf, type Subtask, type SubtaskState } from "../coordinator.ts";
import { type Attempts, describeFailure, noAttempts } from "../queue/claim-end.ts";
import type { DemandState } from "../queue/demand.ts";
import { QueuedSubtask } from "../queue/queued-subtask.ts";
import type { LineName } from "../queue/waiting-order.ts";
import type { Recorded } from "./write-behind.ts";

/** The part of a claim that its subtask needs. */
export interface EntryClaim {
  /** The node's id. */
  readonly nodeId: string;
  /** Whether computing has not begun yet. */
  isLoading: boolean;
  readonly signal: AbortSignal;
  stop(reason: Error): void;
}

export interface ProgramRecord {
  readonly program: Omit<Subtask, "key" | "fingerprint" | "partition">;
}

/** A program over a dataset. It is recorded once, so that the records of its subtasks need not repeat it. */
export class ProgramEntry implements Recorded {
  readonly number: number;
  readonly about: ProgramRecord["program"];
  /** The number of its subtasks. */
  subtasks = 0;

  constructor(number: number, { programKey, dataset, columns, shape }: ProgramRecord["program"]) {
    this.number = number;
    this.about = { programKey, dataset, ...(columns && { columns }), ...(shape && { shape }) };
  }

  record(): string | undefined {
    return this.subtasks === 0 ? undefined : JSON.stringify({ program: this.about } satisfies ProgramRecord);
  }
}

export interface SubtaskRecord {
  readonly subtask: Pick<Subtask, "key" | "fingerprint" | "partition">;
  /** The number of its program. */
  readonly of: number;
  /** `begun`: a node computes it. A subtask that is only claimed is recorded as waiting, since losing that claim counts no attempt. */
  readonly state?: "begun" | "failed";
  readonly attempts?: Attempts;
  /** The numbers of the queries that need it. */
  readonly queries: readonly number[];
}

const unowned: SubtaskState = { kind: "unowned" };

export class SubtaskEntry extends QueuedSubtask<SubtaskEntry, QueryEntry> implements Recorded {
  readonly number: number;
  readonly program: ProgramEntry;
  kind: "unowned" | "owned" | "failed" | "absent" = "unowned";
  claim: EntryClaim | undefined = undefined;
  /** Whether a record of it was passed to the journal since this was last set to false. */
  isRecorded = false;

  constructor(number: number, subtask: Subtask, program: ProgramEntry) {
    super(subtask);
    this.number = number;
    this.program = program;
  }

  /** Undefined if no client is interested, as for an owned subtask that was withdrawn and is about to end. */
  state(): SubtaskState | undefined {
    if (this.kind === "failed") return { kind: "failed", failure: describeFailure(this.attempts) };
    if (this.kind === "absent" || this.queries.length === 0) return undefined;
    return this.claim === undefined ? unowned : { kind: "owned", node: this.claim.nodeId, loading: this.claim.isLoading };
  }

  /** Undefined if no client is interested. `now` is in milliseconds since the epoch. */
  demandState(now: () => number): DemandState | undefined {
    const state = this.state();
    if (state?.kind !== "unowned") return state && { kind: state.kind };
    return { kind: "unowned", priority: this.lineName().priority, since: now() - (performance.now() - this.waitsSince) };
  }

  record(): string | undefined {
    const { kind, attempts, queries, program } = this;
    const { key, fingerprint, partition } = this.subtask;
    if (this.state() === undefined) return undefined;
    this.isRecorded = true;
    const numbers = queries.map((query) => query.number);
    return JSON.stringify({
      subtask: { key, fingerprint, partition },
      of: program.number,
      ...(kind === "failed" && { state: "failed" as const }),
      ...(this.claim?.isLoading === false && { state: "begun" as const }),
      ...(attempts === noAttempts ? {} : { attempts }),
      queries: numbers,
    } satisfies SubtaskRecord);
  }
}

export interface InterestRecord {
  readonly interest: {
    readonly query: number;
    readonly queryId: string;
    readonly client: string;
    readonly priority: number;
    /** When the client last renewed it, as the milliseconds for which the coordinator had run by then, in all its processes. */
    readonly renewed: number;
  };
}

/** The interest in a query that a client has, or one of its tabs. */
export class Interest implements Recorded, LineName {
  readonly number: number;
  readonly query: QueryEntry;
  /** The client's name, or `NAME/TAB`. */
  readonly holder: string;
  /** The client's name, without the tab. */
  readonly client: string;
  readonly priority: number;
  renewed: number;

  constructor(number: number, query: QueryEntry, { client, priority, renewed }: LineName & { readonly renewed: number }) {
    this.number = number;
    this.query = query;
    this.holder = client;
    this.client = clientOf(client);
    this.priority = priority;
    this.renewed = renewed;
  }

  record(): string | undefined {
    const { query, holder, priority, renewed } = this;
    if (query.interests.get(holder) !== this) return undefined;
    const interest = { query: query.number, queryId: query.id, client: holder, priority, renewed };
    return JSON.stringify({ interest } satisfies InterestRecord);
  }
}

export class QueryEntry {
  readonly number: number;
  readonly id: string;
  /** The interests by holder, in order of arrival. */
  readonly interests = new Map<string, Interest>();
  /** Its subtasks that are unowned or owned. */
  readonly entries = new Set<SubtaskEntry>();
  /** All subtasks that no other query needs share this list as their `SubtaskEntry.queries`. */
  readonly alone: readonly QueryEntry[] = [this];
  /** The number of requests whose subtasks are still being added. */
  arriving = 0;
  /** The interest with the lowest priority number, the earliest among equals. It determines in which line its subtasks wait. */
  best: Interest | undefined;

  constructor(number: number, id: string) {
    this.number = number;
    this.id = id;
  }

  /** Adds an interest, and returns the one that it replaces. `moved` tells whether its subtasks now wait in another line. */
  setInterest(interest: Interest): { readonly replaced: Interest | undefined; readonly moved: boolean } {
    const replaced = this.interests.get(interest.holder);
    this.interests.set(interest.holder, interest);
    return { replaced, moved: this.#updateBest() };
  }

  removeInterest(holder: string): { readonly moved: boolean } {
    this.interests.delete(holder);
    return { moved: this.#updateBest() };
  }

  #updateBest(): boolean {
    const before = this.best;
    this.best = undefined;
    for (const interest of this.interests.values()) {
      if (this.best === undefined || interest.priority < this.best.priority) this.best = interest;
    }
    return before?.priority !== this.best?.priority || before?.client !== this.best?.client;
  }
}
