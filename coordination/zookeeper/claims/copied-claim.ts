/**
 * A second copy of a subtask that another node has had for very long. It counts if it is done first: then the identity is removed by its transaction, the first node
 * sees that and stops. If the first node is done first, this one sees it and stops. It is never an attempt: its error or its loss changes nothing.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Claim, Subtask } from "../../coordinator.ts";
import type { ClaimEnd } from "../../queue/claim-end.ts";
import type { SessionContext } from "../context.ts";
import { check, createEphemeral, type Operation, remove } from "../protocol/operations.ts";
import { isRefused, ZooKeeperError } from "../protocol/zookeeper-error.ts";
import { encodeJson, parseClaimBody, parseSubtaskBody } from "../znodes/bodies.ts";
import { claimPath, copyPath, subtaskPath } from "../znodes/layout.ts";
import type { Claimant } from "./claim-subtask.ts";
import type { WorkEntry } from "./work-entry.ts";

export interface CopiedClaimOptions {
  readonly context: SessionContext;
  readonly entry: WorkEntry;
  /** `isOver`: nothing of the subtask is left to do. */
  readonly onEnd: (isOver: boolean, order: number | undefined) => void;
}

const afterDoubt = 20;

/** False where the first node has ended it, or another node copies it already. Rejects where the session is lost. */
export async function copySubtask(
  { combiner, layout, session, lost }: SessionContext,
  entry: WorkEntry,
  { node, instance }: Claimant,
): Promise<boolean> {
  const path = copyPath(layout, entry.hash);
  try {
    await combiner.commit([
      check(subtaskPath(layout, entry.hash)),
      check(claimPath(layout, entry.hash)),
      createEphemeral(path, encodeJson({ node, instance })),
    ]);
    return true;
  } catch (error) {
    if (isRefused(error, "no-node")) return false;
    if (!isRefused(error, "node-exists", "connection-loss")) throw error;
  }
  // Until it is known: a copy that nobody here knows of would keep others from making one for as long as the session lives.
  for (;;) {
    try {
      const owner = await session.get(path);
      return owner !== undefined && parseClaimBody(owner.data)?.instance === instance;
    } catch (error) {
      if (!isRefused(error, "connection-loss") || lost.aborted) throw error;
      await delay(afterDoubt);
    }
  }
}

export class CopiedClaim implements Claim {
  readonly subtask: Subtask;
  readonly priority: number;
  readonly #options: CopiedClaimOptions;
  readonly #controller = new AbortController();
  #isLoading = true;
  #state: "held" | "ending" | "ended" = "held";

  constructor(options: CopiedClaimOptions) {
    this.#options = options;
    this.subtask = options.entry.subtask;
    this.priority = options.entry.place().priority;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Others are told of the first node's copy. */
  async begin(): Promise<void> {
    this.#isLoading = false;
  }

  get isLoading(): boolean {
    return this.#isLoading;
  }

  /** The first node was faster, or nobody asks any more. */
  withdrawn(): void {
    if (this.#state === "held") this.#controller.abort(new Error(`subtask ${this.subtask.key} was done by another node, or withdrawn`));
  }

  /** The node hands it back. */
  stop(reason: Error): void {
    this.#controller.abort(reason);
  }

  lost(reason: Error): void {
    this.#state = "ended";
    this.#controller.abort(reason);
  }

  async end({ kind }: ClaimEnd): Promise<boolean> {
    const isDone = kind === "complete";
    if (this.#state !== "held") return false;
    this.#state = "ending";
    try {
      const { answer, isOver, order } = await this.#commit(isDone);
      if (this.#state === "ending") this.#state = "ended";
      this.#options.onEnd(isOver, order);
      return answer;
    } catch (error) {
      // It is still held, and may be ended again.
      if (this.#state === "ending") this.#state = "held";
      throw error;
    }
  }

  async #commit(isDone: boolean) {
    const { context, entry } = this.#options;
    const identity = subtaskPath(context.layout, entry.hash);
    const copy = copyPath(context.layout, entry.hash);
    /** Where it is done, somebody has done it, first or not. */
    const isOver = isDone;
    let counts = isDone;
    let isInDoubt = false;
    while (!context.lost.aborted) {
      const operations: Operation[] = counts ? [remove(copy), check(identity, entry.version), remove(identity)] : [remove(copy)];
      try {
        const order = await context.combiner.commit(operations);
        return { answer: counts || !isDone, isOver, order: counts ? order : undefined };
      } catch (error) {
        if (!(error instanceof ZooKeeperError)) throw error;
        const refused = operations[error.index]?.path;
        if (error.code === "session-lost") break;
        if (error.code === "connection-loss") {
          isInDoubt = true;
          await delay(afterDoubt);
        } else if (error.code === "no-node" && refused === copy) return { answer: isInDoubt && counts, isOver, order: undefined };
        else if (error.code === "no-node") counts = false;
        else if (error.code === "bad-version") {
          const content = await context.session.get(identity);
          if (content === undefined || parseSubtaskBody(content.data).failed !== undefined) counts = false;
          else entry.version = content.stat.version;
        } else throw error;
      }
    }
    return { answer: false, isOver: false, order: undefined };
  }
}
