/** How each partition of a plan is, and how many are in each state. */
import type { Failure } from "../../../coordination/coordinator.ts";
import type { Status } from "../../api.ts";
import type { PartitionState } from "./partition-state.ts";

export type Counts = Status["partitions"] & { readonly absent: number };

export class PartitionTally {
  /** Of those that failed, by their place in the plan. */
  readonly failures = new Map<number, Failure>();
  readonly #states: PartitionState[];
  readonly #counts: Record<PartitionState, number>;

  /** All are absent. */
  constructor(total: number) {
    this.#states = new Array<PartitionState>(total).fill("absent");
    this.#counts = { absent: total, waiting: 0, loading: 0, running: 0, stored: 0, merged: 0, failed: 0 };
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

  get counts(): Counts {
    const { absent, waiting, loading, running, stored, merged, failed } = this.#counts;
    return { total: this.#states.length, waiting, loading, running: running + stored, done: merged, failed, absent };
  }

  /** Every partition is merged or has failed. */
  get isFinished(): boolean {
    return this.#counts.merged + this.#counts.failed === this.#states.length;
  }

  /** Nothing that is left is waiting or running any more. */
  get isWithdrawn(): boolean {
    const { waiting, loading, running, stored, absent } = this.#counts;
    return absent > 0 && waiting + loading + running + stored === 0;
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
