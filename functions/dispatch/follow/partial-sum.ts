/**
 * The sum of a plan's partials so far, and where the time for them went. Adding is exact, so the order does not matter. Memory: one merged
 * partial.
 */
import { subtaskKey } from "../../../base/subtask-key.ts";
import { Merger } from "../../../engine/histogram/merge.ts";
import { DamagedPartial, decodePartial, encodePartial, type PartialResult } from "../../../engine/histogram/partial.ts";
import type { Program } from "../../../engine/program/program.ts";
import type { Store, StoredPlan } from "../../../storage/store.ts";
import type { Meter } from "../../metrics/meter.ts";
import { priorityBand } from "../../metrics/priority-band.ts";
import { Timeline } from "../answer/timeline.ts";

/** The query for which a plan is followed. */
export interface Asked {
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly priority: number;
}

export class PartialSum {
  readonly timeline: Timeline;
  readonly #plan: StoredPlan;
  readonly #store: Store;
  readonly #meter: Meter | undefined;
  readonly #merger: Merger;
  readonly #priority: number;

  constructor(plan: StoredPlan, program: Program, options: { readonly store: Store; readonly meter?: Meter; readonly asked: Asked }) {
    this.#plan = plan;
    this.#store = options.store;
    this.#meter = options.meter;
    this.#merger = new Merger(program);
    this.#priority = options.asked.priority;
    this.timeline = new Timeline(options.asked.created);
  }

  /** A partition's partial from the store; throws `DamagedPartial` where it is not there or of no use. `heard`: when it was known to be new. */
  async add(place: number, heard: number | undefined): Promise<void> {
    const begun = performance.now();
    const partition = this.#plan.partitions[place];
    const key = subtaskKey(this.#plan.programKey, partition.fingerprint);
    const stored = (await this.#store.getPartials([key])).get(key);
    if (!stored) throw new DamagedPartial("the partial is not in the store");
    this.#merger.add(await decodePartial(stored.bytes));
    const took = performance.now() - begun;
    this.timeline.addMerging(took);
    this.#meter?.observe("femtoq_merge_seconds", undefined, took / 1000);
    const waited = this.timeline.add(partition, stored.note, heard);
    if (waited !== undefined) this.#meter?.observe("femtoq_claim_wait_seconds", priorityBand(this.#priority), waited);
  }

  read(): PartialResult {
    return this.#merger.read();
  }

  /** Stores the sum as the plan's result. */
  async save(): Promise<void> {
    await this.#store.putResult(this.#plan.planKey, await encodePartial(this.#merger.read()), this.timeline.read(Date.now()));
  }
}
