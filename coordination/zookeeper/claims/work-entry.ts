/** A subtask, and a query that asks for it, as a node holds them. */
import type { Subtask } from "../../coordinator.ts";
import { type Attempts, noAttempts } from "../../queue/claim-end.ts";
import { numberPartition, type Placed } from "../../queue/cluster.ts";
import type { Schedulable } from "../../queue/next-subtask.ts";
import type { Place, Waiting } from "../../queue/waiting-order.ts";
import type { AskName } from "../znodes/layout.ts";

export class WorkEntry implements Schedulable<WorkEntry> {
  readonly hash: string;
  readonly subtask: Subtask;
  /** `aside`: another node has it. `left`: it failed here and is left to others. `ours`: this process has it, or tries to. */
  kind: "waiting" | "aside" | "left" | "ours" | "gone" = "waiting";
  queries: readonly WorkQuery[] = [];
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
  previous: WorkEntry | undefined = undefined;
  next: WorkEntry | undefined = undefined;
  line: Waiting<WorkEntry>["line"] = undefined;

  constructor(hash: string, subtask: Subtask, order: number) {
    this.hash = hash;
    this.subtask = subtask;
    this.order = order;
    this.partitionNumber = numberPartition(subtask);
  }

  /** Of the best asks of its queries the lowest, the first of equals. */
  place(): Place {
    let best: Place | undefined;
    for (const { asks } of this.queries) {
      for (const { priority, client } of asks) if (best === undefined || priority < best.priority) best = { priority, client };
    }
    return best ?? { priority: 999, client: "" };
  }
}

export class WorkQuery {
  readonly hash: string;
  /** First come first. */
  asks: readonly AskName[];
  readonly entries = new Set<WorkEntry>();
  /** Names of its segments that are known. */
  readonly segments = new Set<string>();
  era = "";
  /** Of these, how many are not read yet. */
  unread = 0;
  readonly stop = new AbortController();
  /** What `queries` is where no other query asks: one list for all of them. */
  readonly alone: readonly WorkQuery[] = [this];

  constructor(hash: string, asks: readonly AskName[]) {
    this.hash = hash;
    this.asks = asks;
  }

  get priority(): number {
    return Math.min(...this.asks.map(({ priority }) => priority));
  }
}
