/** A subtask as the board holds it. */

import type { Subtask, SubtaskState } from "../coordinator.ts";
import { type Attempts, describeFailure, noAttempts } from "../queue/claim-end.ts";
import { numberPartition, type Placed } from "../queue/cluster.ts";
import type { DemandState } from "../queue/demand.ts";
import type { Schedulable } from "../queue/next-subtask.ts";
import type { Waiting } from "../queue/waiting-order.ts";
import type { AskedQuery } from "./asked-query.ts";
import type { Recorded } from "./write-behind.ts";

/** A node's hold on a subtask; another claim of the same subtask is another object. */
export interface Hold {
  readonly node: string;
  readonly controller: AbortController;
  /** Computing has not begun. */
  loading: boolean;
}

export interface SubtaskRecord {
  readonly subtask: Subtask;
  /** `begun`: a node computes it. One that is claimed only is as one that waits: that claim may be lost without being counted. */
  readonly state?: "begun" | "failed";
  readonly attempts?: Attempts;
  /** Numbers of the queries that ask for it. */
  readonly queries: readonly number[];
}

const unowned: SubtaskState = { kind: "unowned" };

export class SubtaskEntry implements Recorded, Schedulable<SubtaskEntry> {
  readonly number: number;
  readonly subtask: Subtask;
  kind: "unowned" | "owned" | "failed" | "absent" = "unowned";
  /** Those that ask for it, first come first. Empty when it failed. */
  queries: readonly AskedQuery[] = [];
  attempts: Attempts = noAttempts;
  hold: Hold | undefined = undefined;
  previous: SubtaskEntry | undefined = undefined;
  next: SubtaskEntry | undefined = undefined;
  line: Waiting<SubtaskEntry>["line"] = undefined;
  readonly partitionNumber: number;
  home: Placed["home"] = undefined;
  readonly waitsSince = performance.now();

  constructor(number: number, subtask: Subtask) {
    this.number = number;
    this.subtask = subtask;
    this.partitionNumber = numberPartition(subtask);
  }

  /** Undefined where nobody asks for it: an owned one that was withdrawn is about to end. */
  state(): SubtaskState | undefined {
    if (this.kind === "failed") return { kind: "failed", failure: describeFailure(this.attempts) };
    if (this.kind === "absent" || this.queries.length === 0) return undefined;
    return this.hold === undefined ? unowned : { kind: "owned", node: this.hold.node, loading: this.hold.loading };
  }

  /** Undefined where no client is interested. `now` in milliseconds since the epoch. */
  demandState(now: () => number): DemandState | undefined {
    const state = this.state();
    if (state?.kind !== "unowned") return state && { kind: state.kind };
    return { kind: "unowned", priority: this.line?.priority ?? 999, since: now() - (performance.now() - this.waitsSince) };
  }

  record(): string | undefined {
    const { kind, attempts, queries } = this;
    // A hint that is not worth its bytes in every record.
    const { columns: _, ...subtask } = this.subtask;
    if (this.state() === undefined) return undefined;
    const numbers = queries.map((query) => query.number);
    return JSON.stringify({
      subtask,
      ...(kind === "failed" && { state: "failed" as const }),
      ...(this.hold?.loading === false && { state: "begun" as const }),
      ...(attempts === noAttempts ? {} : { attempts }),
      queries: numbers,
    } satisfies SubtaskRecord);
  }
}
