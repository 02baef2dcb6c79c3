/** How each partition of a plan is, and how many are in each state. */
import type { Failure } from "../../../coordination/coordinator.ts";
import { countOpen, type PartitionCounts } from "../query-state.ts";
import type { PartitionState } from "./partition-state.ts";

export class PartitionTally {
  /** Of those that failed, by their place in the plan. */
  readonly failures = new Map<number, Failure>();
  readonly #states: PartitionState[];
  readonly #counts: Record<PartitionState, number>;

  /** All are absent. */
  constructor(total: number) {
    this.#states = new Array<PartitionState>(total).fill("absent");
    this.#counts = { absent: total, waiting: 0, loading: 0, running: 0, merging: 0, done: 0, failed: 0 };
  }

  at(place: number): PartitionState {
    return this.#states[place]!;
  }

  set(place: number, state: Exclude<PartitionState, "failed">): void {
    this.failures.delete(place);
    this.#move(place, state);
  }

  fail(place: number, failure: Failure): void {
    this.failures.set(place, failure);
    this.#move(place, "failed");
  }

  get counts(): PartitionCounts {
    return { total: this.#states.length, ...this.#counts };
  }

  /** Every partition is merged or has failed. */
  get isFinished(): boolean {
    return this.#counts.done + this.#counts.failed === this.#states.length;
  }

  /** Something is missing, and nothing of it is queued, under way or about to be merged. */
  get isWithdrawn(): boolean {
    return this.#counts.absent > 0 && countOpen(this.counts) === this.#counts.absent && this.#counts.merging === 0;
  }

  /** Everything is computed, and some of it is about to be merged. */
  get isMerging(): boolean {
    return this.#counts.merging > 0 && countOpen(this.counts) === 0;
  }

  /** Some wait, and none is on its way. */
  get isStanding(): boolean {
    const { waiting, loading, running } = this.#counts;
    return waiting > 0 && loading + running === 0;
  }

  #move(place: number, state: PartitionState): void {
    this.#counts[this.at(place)]--;
    this.#counts[state]++;
    this.#states[place] = state;
  }
}
