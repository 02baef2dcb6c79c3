/**
 * How the partitions of a plan are, kept up to date by the coordinator's events and by looks at coordinator and store. What was heard while a look was
 * under way is newer than what the look finds.
 *
 *   absent ⇄ waiting ⇄ loading → running → merging → done      as the coordinator says, and when the partial is stored
 *   merging → waiting, absent or failed                        the partial was of no use (`damaged-partials.ts`)
 *   failed → waiting                                           somebody asked for another try
 */
import type { Failure, SubtaskEvent } from "../../../coordination/coordinator.ts";
import type { StoredPlan } from "../../../storage/store.ts";
import type { Services } from "../../services.ts";
import { placesOf } from "../plan/plan-query.ts";
import { eventStates, type FoundState, findPartitionStates, isStored, type PartitionState } from "./partition-state.ts";
import { PartitionTally } from "./partition-tally.ts";

interface Options {
  readonly services: Pick<Services, "store" | "coordinator">;
  /** A partial is stored; `heard`: when that was news, in milliseconds since the epoch. Called once, until its place is set to something else. */
  readonly onStored: (place: number, heard: number | undefined) => void;
}

export class PlanPartitions {
  readonly tally: PartitionTally;
  readonly #options: Options;
  /** Subtask key → place in the plan. */
  readonly #places: ReadonlyMap<string, number>;
  /** Places that changed, for each look that is under way. */
  readonly #changedMeanwhile = new Set<Set<number>>();

  private constructor(places: ReadonlyMap<string, number>, total: number, options: Options) {
    this.#places = places;
    this.#options = options;
    this.tally = new PartitionTally(total);
  }

  /** All are absent. */
  static async of(plan: StoredPlan, options: Options): Promise<PlanPartitions> {
    return new PlanPartitions(await placesOf(plan), plan.partitions.length, options);
  }

  /** Of all subtasks, in the plan's order. */
  get keys(): readonly string[] {
    return [...this.#places.keys()];
  }

  /** Of those subtasks whose partitions are so. */
  keysOf(isWanted: (state: PartitionState, place: number) => boolean): readonly string[] {
    return [...this.#places].filter(([, place]) => isWanted(this.tally.at(place), place)).map(([key]) => key);
  }

  /** False where an event tells nothing new: of a subtask that is not of this plan, or whose partial is stored. */
  take(event: SubtaskEvent): boolean {
    const place = this.#places.get(event.key);
    if (place === undefined || isStored(this.tally.at(place))) return false;
    if (event.kind === "done") this.#arrived(place, Date.now());
    else if (event.kind === "failed") this.fail(place, event.failure);
    else this.set(place, eventStates[event.kind]);
    return true;
  }

  /** These were found stored. */
  takeStored(keys: ReadonlySet<string>): void {
    for (const key of keys) {
      const place = this.#places.get(key)!;
      if (this.tally.at(place) === "absent") this.#arrived(place);
    }
  }

  /** Looks how these are now. True where that was news. */
  async update(keys: readonly string[]): Promise<boolean> {
    const meanwhile = new Set<number>();
    this.#changedMeanwhile.add(meanwhile);
    try {
      const found = await findPartitionStates(keys, this.#options.services, { renews: true });
      this.#changedMeanwhile.delete(meanwhile);
      let changed = false;
      for (const [key, state] of found) {
        const place = this.#places.get(key)!;
        // What another look found stored is about to be merged.
        if (meanwhile.has(place) || isStored(this.tally.at(place))) continue;
        changed ||= this.tally.at(place) !== state.kind;
        this.#found(place, state);
      }
      return changed;
    } finally {
      this.#changedMeanwhile.delete(meanwhile);
    }
  }

  set(place: number, state: Exclude<PartitionState, "failed">): void {
    for (const places of this.#changedMeanwhile) places.add(place);
    this.tally.set(place, state);
  }

  fail(place: number, failure: Failure): void {
    for (const places of this.#changedMeanwhile) places.add(place);
    this.tally.fail(place, failure);
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
}
