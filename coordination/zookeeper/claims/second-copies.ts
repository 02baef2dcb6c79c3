/** Computes second copies of subtasks that take another node very long, on idle nodes of this process. */
import type { Log } from "../../../base/log.ts";
import type { LocalNodes } from "../../queue/local-nodes.ts";
import { findStraggler } from "../../queue/stragglers.ts";
import { unlessInDoubt } from "../protocol/zookeeper-error.ts";
import type { WatchedSubtasks } from "../watching/watched-subtasks.ts";
import type { Registration } from "../znodes/register-node.ts";
import { CopiedClaim, copySubtask } from "./copied-claim.ts";
import type { SubtaskEntry } from "./entries.ts";
import type { ClaimsSession, ZooKeeperNode } from "./node.ts";
import type { WaitingSubtasks } from "./waiting-subtasks.ts";

export interface SecondCopiesOptions {
  readonly nodes: LocalNodes<SubtaskEntry, ZooKeeperNode>;
  readonly watched: WatchedSubtasks;
  /** The present session, while it is connected. */
  readonly session: () => ClaimsSession | undefined;
  readonly onError: (error: unknown) => void;
  readonly log: Log;
}

/** In milliseconds. */
const lookEvery = 500;

export class SecondCopies {
  readonly #options: SecondCopiesOptions;
  #looking: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SecondCopiesOptions) {
    this.#options = options;
  }

  close(): void {
    clearTimeout(this.#looking);
  }

  /** Schedules a look for subtasks that take too long, for when nothing waits and other nodes still compute. */
  look(): void {
    this.#looking ??= setTimeout(() => {
      this.#looking = undefined;
      const session = this.#options.session();
      if (session === undefined || session.waiting.queue.order.size > 0) return;
      const nodes = this.#options.nodes.calls.waiting;
      for (const node of nodes) this.#copyStraggler(session, node);
      if (nodes.size > 0 && session.waiting.aside.size > 0) this.look();
    }, lookEvery);
  }

  #copyStraggler({ zookeeper, waiting }: ClaimsSession, node: ZooKeeperNode): void {
    const { registration } = node;
    if (registration === undefined || node.quarantine.at(Date.now()) !== undefined) return;
    const entry = findStraggler(runningElsewhere(waiting), node.paces)?.entry;
    const call = entry && this.#options.nodes.calls.take(node);
    if (entry === undefined || call === undefined) return;
    call.prepare?.(entry.subtask);
    waiting.copy(entry);
    const copying = async () => {
      const isCopied = await copySubtask(zookeeper, entry, registration);
      if (!isCopied) waiting.putBack(entry);
      return isCopied ? [this.#copy(node, { zookeeper, waiting, registration }, entry)] : [];
    };
    copying()
      .catch((error: unknown) => {
        waiting.putBack(entry);
        unlessInDoubt(this.#options.onError)(error);
        return [];
      })
      .then((claims) => this.#options.nodes.calls.give(call, claims))
      .catch(unlessInDoubt(this.#options.onError));
  }

  #copy(
    node: ZooKeeperNode,
    { zookeeper, waiting, registration }: Omit<ClaimsSession, "cluster"> & { readonly registration: Registration },
    entry: SubtaskEntry,
  ): CopiedClaim {
    const { watched, log } = this.#options;
    const { key, dataset, partition } = entry.subtask;
    const about = { node: node.node.id, subtask: key, dataset, partition };
    log.info(about, "a subtask takes another node very long: a second copy is computed, and the first that is done counts");
    const claim = new CopiedClaim({
      zookeeper,
      entry,
      registration,
      onEnd: (isOver, order) => {
        if (order !== undefined) {
          watched.happened(entry.hash, { kind: "done" }, order);
          log.info(about, "the second copy was done first");
        }
        if (isOver) waiting.remove(entry);
        else waiting.putBack(entry);
        this.#options.nodes.serve();
      },
    });
    node.claims.add(claim);
    if (zookeeper.lost.aborted) claim.lose(new Error("the session with ZooKeeper was lost"));
    return claim;
  }
}

function* runningElsewhere({ aside }: WaitingSubtasks) {
  const now = performance.now();
  for (const entry of aside) {
    const { subtask, rival, queries } = entry;
    if (rival && !rival.isCopied && queries.length > 0) yield { entry, programKey: subtask.programKey, runsFor: now - rival.since };
  }
}
