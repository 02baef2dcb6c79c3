/** A subtask, and a query that needs it, as a process with nodes holds them. */
import type { Subtask } from "../../coordinator.ts";
import { type Attempts, noAttempts } from "../../queue/claim-end.ts";
import type { Queued } from "../../queue/claim-queue.ts";
import { numberPartition, type Placed } from "../../queue/cluster.ts";
import { lastPlace, type Place, type Waiting } from "../../queue/waiting-order.ts";
import type { InterestName } from "../znodes/layout.ts";

export class SubtaskEntry implements Queued<SubtaskEntry> {
  readonly hash: string;
  readonly subtask: Subtask;
  /** `aside`: another process's node has it. `ours`: this process has it, or tries to. */
  kind: "waiting" | "aside" | "ours" | "gone" = "waiting";
  queries: readonly QueryEntry[] = [];
  /** As its znode had them when last read. */
  version = 0;
  attempts: Attempts = noAttempts;
  readonly partitionNumber: number;
  home: Placed["home"] = undefined;
  readonly waitsSince = performance.now();
  /** Names of this process's nodes where it failed, and until when (as `performance.now()`) they leave it to others. */
  triedBy: Map<string, number> | undefined;
  /** Another node's claim that was met last, when first (as `performance.now()`), and whether a second copy was tried here. */
  rival: { readonly name: string; readonly since: number; isCopied: boolean } | undefined;
  /** The order of the answer that brought it. */
  readonly order: number;
  previous: SubtaskEntry | undefined = undefined;
  next: SubtaskEntry | undefined = undefined;
  line: Waiting<SubtaskEntry>["line"] = undefined;

  constructor(hash: string, subtask: Subtask, order: number) {
    this.hash = hash;
    this.subtask = subtask;
    this.order = order;
    this.partitionNumber = numberPartition(subtask);
  }

  /** The best interest in any of its queries, the first of equals. */
  place(): Place {
    let best: Place | undefined;
    for (const { interests } of this.queries) {
      for (const { priority, client } of interests) if (best === undefined || priority < best.priority) best = { priority, client };
    }
    return best ?? lastPlace;
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

  get priority(): number {
    return Math.min(...this.interests.map(({ priority }) => priority));
  }
}
