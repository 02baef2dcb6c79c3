/** A subtask, and a query that needs it, as a process with nodes holds them. */
import type { Subtask } from "../../coordinator.ts";
import { QueuedSubtask } from "../../queue/queued-subtask.ts";
import type { InterestName } from "../znodes/layout.ts";

export class SubtaskEntry extends QueuedSubtask<SubtaskEntry, QueryEntry> {
  readonly hash: string;
  /** `aside`: another process's node has it. `ours`: this process has it, or tries to. */
  kind: "waiting" | "aside" | "ours" | "gone" = "waiting";
  /** The version that its znode had when it was last read; `attempts` is from the same reading. */
  version = 0;
  /** Another node's claim that was met last, when first (as `performance.now()`), and whether a second copy was tried here. */
  rival: { readonly name: string; readonly since: number; isCopied: boolean } | undefined;
  /** The order of the answer that brought it. */
  readonly order: number;

  constructor(hash: string, subtask: Subtask, order: number) {
    super(subtask);
    this.hash = hash;
    this.order = order;
  }
}

export class QueryEntry {
  readonly hash: string;
  /** First come first. */
  interests: readonly InterestName[];
  readonly entries = new Set<SubtaskEntry>();
  /** Names of its segments that are known. */
  readonly segments = new Set<string>();
  era = "";
  /** How many of these are not read yet. */
  unread = 0;
  readonly stop = new AbortController();
  /** What `queries` is where no other query needs the subtask: one list for all of them. */
  readonly alone: readonly QueryEntry[] = [this];

  constructor(hash: string, interests: readonly InterestName[]) {
    this.hash = hash;
    this.interests = interests;
  }

  /** The interest with the lowest priority number, the first of equals. */
  get best(): InterestName | undefined {
    return this.interests.reduce<InterestName | undefined>(
      (best, each) => (best === undefined || each.priority < best.priority ? each : best),
      undefined,
    );
  }

  get priority(): number {
    return this.best?.priority ?? Number.POSITIVE_INFINITY;
  }
}
