/** Subtasks and queries as a process with nodes keeps them. */
import type { Subtask } from "../../coordinator.ts";
import { QueuedSubtask } from "../../queue/queued-subtask.ts";
import type { InterestName } from "../znodes/layout.ts";

export class SubtaskEntry extends QueuedSubtask<SubtaskEntry, QueryEntry> {
  readonly hash: string;
  /** `aside`: a node of another process has it. `ours`: this process has it or tries to claim it. */
  kind: "waiting" | "aside" | "ours" | "gone" = "waiting";
  /** The version that its znode had when it was last read; `attempts` is from the same reading. */
  version = 0;
  /** The last known claim of another node, when it was first met (by `performance.now()`), and whether a second copy was tried here. */
  rival: { readonly name: string; readonly since: number; isCopied: boolean } | undefined;
  /** The order of the latest answer that listed it. A claim may be refused, or end, because of a withdrawal before that. */
  order: number;

  constructor(hash: string, subtask: Subtask, order: number) {
    super(subtask);
    this.hash = hash;
    this.order = order;
  }
}

export class QueryEntry {
  readonly hash: string;
  /** The interests in order of arrival. */
  interests: readonly InterestName[];
  readonly entries = new Set<SubtaskEntry>();
  /** The names of its known segments. */
  readonly segments = new Set<string>();
  era = "";
  /** The number of its segments that are not read yet. */
  unread = 0;
  readonly stop = new AbortController();
  /** The list that all subtasks share as `queries` if no other query needs them. */
  readonly alone: readonly QueryEntry[] = [this];

  constructor(hash: string, interests: readonly InterestName[]) {
    this.hash = hash;
    this.interests = interests;
  }

  /** The interest with the lowest priority number, the earliest among equals. */
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
