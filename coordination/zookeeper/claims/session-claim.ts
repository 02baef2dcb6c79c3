/**
 * A claim of a node of this process, for as long as the session that made it.
 *
 *   held --end--> ending --> ended      back to held where ending it rejects; `lose` leads to ended from anywhere
 */
import type { Subtask } from "../../coordinator.ts";
import type { ClaimEnd } from "../../queue/claim-end.ts";
import type { OwnClaim } from "../../queue/local-node.ts";
import type { SubtaskEntry } from "./entries.ts";

export abstract class SessionClaim implements OwnClaim {
  readonly subtask: Subtask;
  readonly priority: number;
  readonly hash: string;
  /** Another node has claimed the subtask before, and still has. */
  abstract readonly isCopy: boolean;
  isLoading = true;
  readonly #controller = new AbortController();
  #state: "held" | "ending" | "ended" = "held";

  constructor(entry: SubtaskEntry) {
    this.hash = entry.hash;
    this.subtask = entry.subtask;
    this.priority = entry.place().priority;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isEnded(): boolean {
    return this.#state === "ended";
  }

  abstract begin(): Promise<void>;
  /** False where the claim was lost. */
  protected abstract carryOut(end: ClaimEnd): Promise<boolean>;

  async end(end: ClaimEnd): Promise<boolean> {
    if (this.#state !== "held") return false;
    this.#state = "ending";
    try {
      const answer = await this.carryOut(end);
      this.#state = "ended";
      return answer;
    } catch (error) {
      this.#unlessEnded();
      throw error;
    }
  }

  stop(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** The subtask is gone: no client is interested in it any more, or another node has done it. */
  withdraw(): void {
    if (this.#state === "held") this.stop(new Error(`subtask ${this.subtask.key} was withdrawn, or done by another node`));
  }

  lose(reason: Error): void {
    this.#state = "ended";
    this.stop(reason);
  }

  #unlessEnded(): void {
    if (this.#state === "ending") this.#state = "held";
  }
}
