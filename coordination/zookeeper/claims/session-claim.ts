/**
 * A claim of a node of this process. It lasts at most as long as the session that made it.
 *
 *   held --end--> ending --> ended      back to held if ending it rejects; `lose` leads to ended from anywhere
 */
import type { ClaimEnd } from "../../queue/claim-end.ts";
import { OwnClaim } from "../../queue/local-node.ts";
import type { SubtaskEntry } from "./entries.ts";

export abstract class SessionClaim extends OwnClaim {
  readonly hash: string;
  /** Whether this is a second copy: another node has claimed the subtask before, and still has it. */
  abstract readonly isCopy: boolean;
  #state: "held" | "ending" | "ended" = "held";

  constructor(entry: SubtaskEntry) {
    super(entry);
    this.hash = entry.hash;
  }

  get isEnded(): boolean {
    return this.#state === "ended";
  }

  /** Carries out the end on ZooKeeper; resolves with false if the claim was lost. */
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

  /** Stops the claim, since its subtask is gone: no client is interested any more, or another node has done it. */
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
