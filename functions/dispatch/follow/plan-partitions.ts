/**
 * The states of a plan's partitions, for each of its programs. They follow the coordinator's events and look-ups at coordinator and store. An event during a
 * look-up is newer than what the look-up finds.
 *
 *   absent ⇄ waiting ⇄ loading → running → merging → done      as the coordinator says, and when the partial is stored
 *   merging → waiting, absent or failed                        the partial was unusable (`damaged-partials.ts`)
 *   failed → waiting                                           a client asked for a retry
 */
import type { Failure, SubtaskEvent } from "../../../coordination/coordinator.ts";
import type { StoredPlan } from "../../../storage/store.ts";
import type { Services } from "../../services.ts";
import { countSubtasks, placesOf } from "../plan/plan-query.ts";
import type { PartitionCounts } from "../query-state.ts";
import { eventStates, type FoundState, findPartitionStates, isStored, type PartitionState } from "./partition-state.ts";

interface Options {
  readonly services: Pick<Services, "store" | "coordinator">;
  /** Called once when a partial is stored, and again only after its place has had another state. `heard`: when this was learned, in milliseconds since the epoch. */
  readonly onStored: (place: number, heard: number | undefined) => void;
}

export class PlanPartitions {
  /** The failures by place in the plan. */
  readonly failures = new Map<number, Failure>();
  readonly #options: Options;
  /** The places in the plan by subtask key. */
  readonly #places: ReadonlyMap<string, number>;
  readonly #states: PartitionState[];
  readonly #counts: Record<PartitionState, number>;
  /** For each look-up that is under way: the places that have changed since it began. */
  readonly #changedMeanwhile = new Set<Set<number>>();

  private constructor(places: ReadonlyMap<string, number>, total: number, options: Options) {
    this.#places = places;
    this.#options = options;
    this.#states = new Array<PartitionState>(total).fill("absent");
    this.#counts = { absent: total, waiting: 0, loading: 0, running: 0, merging: 0, done: 0, failed: 0 };
  }

  /** All partitions start as absent. */
  static async of(plan: StoredPlan, options: Options): Promise<PlanPartitions> {
    return new PlanPartitions(await placesOf(plan), countSubtasks(plan), options);
  }

  get counts(): PartitionCounts {
    return { total: this.#states.length, ...this.#counts };
  }

  /** Whether every partition is merged or has failed. */
  get isFinished(): boolean {
    return this.#counts.done + this.#counts.failed === this.#states.length;
  }

  /** Whether everything is computed, and some partials remain to be merged. */
  get isMerging(): boolean {
    const { merging, done, failed } = this.#counts;
    return merging > 0 && merging + done + failed === this.#states.length;
  }

  /** Whether partitions are missing, and none is queued, under way or about to be merged. */
  get isWithdrawn(): boolean {
    const { absent, done, failed } = this.#counts;
    return absent > 0 && absent + done + failed === this.#states.length;
  }

  /** Whether partitions wait and none is being loaded or computed. */
  get isStanding(): boolean {
    const { waiting, loading, running } = this.#counts;
    return waiting > 0 && loading + running === 0;
  }

  /** The keys of all subtasks, in the plan's order. */
  get keys(): readonly string[] {
    return [...this.#places.keys()];
  }

  /** The keys of the subtasks whose states are wanted. */
  keysOf(isWanted: (state: PartitionState, place: number) => boolean): readonly string[] {
    return [...this.#places].filter(([, place]) => isWanted(this.#states[place]!, place)).map(([key]) => key);
  }

  /** Takes in an event. Returns false if it tells nothing new: its subtask is not of this plan, or its partial is stored. */
  take(event: SubtaskEvent): boolean {
    const place = this.#places.get(event.key);
    if (place === undefined || isStored(this.#states[place]!)) return false;
    if (event.kind === "done") this.#arrived(place, Date.now());
    else if (event.kind === "failed") this.fail(place, event.failure);
    else this.set(place, eventStates[event.kind]);
    return true;
  }

  /** Takes note that the partials of these subtasks are stored. */
  takeStored(keys: ReadonlySet<string>): void {
    for (const key of keys) {
      const place = this.#places.get(key)!;
      if (this.#states[place] === "absent") this.#arrived(place);
    }
  }

  /** Looks up the present states of these subtasks; returns whether any has changed. */
  async update(keys: readonly string[]): Promise<boolean> {
    const meanwhile = new Set<number>();
    this.#changedMeanwhile.add(meanwhile);
    const found = await findPartitionStates(keys, this.#options.services, { renews: true }).finally(() =>
      this.#changedMeanwhile.delete(meanwhile),
    );
    let changed = false;
    for (const [key, state] of found) {
      const place = this.#places.get(key)!;
      // Subtasks that another look-up found stored are already being merged.
      if (meanwhile.has(place) || isStored(this.#states[place]!)) continue;
      changed ||= this.#states[place] !== state.kind;
      this.#found(place, state);
    }
    return changed;
  }

  set(place: number, state: Exclude<PartitionState, "failed">): void {
    this.failures.delete(place);
    this.#move(place, state);
  }

  fail(place: number, failure: Failure): void {
    this.failures.set(place, failure);
    this.#move(place, "failed");
  }

  #found(place: number, found: FoundState): void {
    if (found.kind === "stored") this.#arrived(place);
    else if (found.kind === "failed") this.fail(place, found.failure);
    else this.set(place, found.kind);
  }

  #arrived(place: number, heard?: number): void {
    this.set(place, "merging");
    this.#options.onStored(place, heard);
  }

  #move(place: number, state: PartitionState): void {
    for (const places of this.#changedMeanwhile) places.add(place);
    this.#counts[this.#states[place]!]--;
    this.#counts[state]++;
    this.#states[place] = state;
  }
}
