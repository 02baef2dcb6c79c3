/**
 * Sums a plan's partials, separately for each program, and their times. Stored partials are read in groups that should have at most `mostBytes` together,
 * and are added in any order, since adding is exact. If the store cannot return them now, they are requested again until it can.
 * Memory: one merged partial per program, and those that are being added.
 */
import { retry } from "../../../base/retry.ts";
import { Merger } from "../../../engine/histogram/merge.ts";
import { DamagedPartial, decodePartial, encodePartials, type PartialResult } from "../../../engine/histogram/partial.ts";
import { largestRows } from "../../../engine/rows/rows.ts";
import { workBytes } from "../../../engine/run/run-program.ts";
import type { StoredBody, StoredQuery } from "../../../storage/store.ts";
import { StoreError } from "../../../storage/store-error.ts";
import { priorityBand } from "../../metrics/metrics.ts";
import type { Services } from "../../services.ts";
import { Timeline } from "../answer/timeline.ts";
import { partsOf, subtaskOf } from "../plan/plan-query.ts";
import type { PlannedPrograms } from "./stored-results.ts";

export interface StoredPlace {
  /** The place of the subtask in its plan. */
  readonly place: number;
  /** When this process learned that the partial is stored, in milliseconds since the epoch; undefined if it was stored before the first look. */
  readonly heard: number | undefined;
}

export interface PartialSumOptions {
  readonly services: Pick<Services, "store" | "log" | "meter">;
  /** The query for which the plan is followed. Waiting times count from its submission. */
  readonly query: StoredQuery;
  readonly signal: AbortSignal;
  readonly onMerged: (place: number) => void;
  /** Called if the partial is unusable or missing. The sum is unchanged. */
  readonly onDamaged: (place: number, error: unknown) => void;
  /** Called when a group was merged. */
  readonly onBatch: () => void;
}

const mostBytes = 4_000_000;
const mostAtATime = 256;
const mayPass = (error: unknown): boolean => error instanceof StoreError && error.code === "unavailable";

export class PartialSum {
  readonly timeline: Timeline;
  readonly #planned: PlannedPrograms;
  readonly #options: PartialSumOptions;
  readonly #mergers: readonly Merger[];
  readonly #waiting: StoredPlace[] = [];
  /** The bytes of the largest partial so far, since partials of one program differ little. Initially the most that one can have. */
  #largest: number;
  #isSizeKnown = false;
  #isMerging = false;

  constructor(planned: PlannedPrograms, options: PartialSumOptions) {
    this.#planned = planned;
    this.#options = options;
    this.#mergers = planned.programs.map((program) => new Merger(program));
    this.#largest = Math.max(...planned.programs.map((program) => workBytes(program, 0) + largestRows(program.rows)));
    this.timeline = new Timeline(options.query.created);
  }

  add(stored: StoredPlace): void {
    this.#waiting.push(stored);
    if (!this.#isMerging) void this.#mergeAll();
  }

  /** The sum of each program. */
  read(): readonly PartialResult[] {
    return this.#mergers.map((merger) => merger.read());
  }

  /** Stores the sums as the plan's result. Never rejects: if that fails, the partials stay stored and can be merged again. */
  async save(): Promise<void> {
    const { services, signal } = this.#options;
    const plan = this.#planned.plan.planKey;
    // Not for rows: these are read from the partials, so the result would be of no use without them.
    if (this.#planned.programs[0]?.rows) return;
    try {
      const body = await encodePartials(this.read());
      await this.#retry("a result cannot be stored now; trying again", () =>
        services.store.putResult(plan, body, this.timeline.read(Date.now())),
      );
    } catch (err) {
      if (!signal.aborted) services.log.error({ err, plan }, "a result cannot be stored");
    }
  }

  async #mergeAll(): Promise<void> {
    const { signal, onBatch } = this.#options;
    this.#isMerging = true;
    // What is added in the same turn of the event loop is read together.
    await Promise.resolve();
    while (this.#waiting.length > 0 && !signal.aborted) {
      const most = Math.max(1, Math.min(mostAtATime, Math.floor(mostBytes / this.#largest)));
      // Taken from the end, since taking the first of hundreds of thousands would move all the others.
      await this.#merge(this.#waiting.splice(-most));
      if (!signal.aborted) onBatch();
    }
    // Set in the same turn as the last check for waiting places, so that later ones start a new loop.
    this.#isMerging = false;
  }

  /** Reads and merges a group of partials. Never rejects. */
  async #merge(batch: readonly StoredPlace[]): Promise<void> {
    const { services, signal, onMerged, onDamaged } = this.#options;
    const keys = batch.map(({ place }) => subtaskOf(this.#planned.plan, place).key);
    const begun = performance.now();
    const getAll = () => services.store.getPartials(keys);
    const bodies = await this.#retry("partials cannot be read now; trying again", getAll).catch((error: unknown) => error);
    if (bodies instanceof Map && bodies.size > 0) this.#learnLargest([...bodies.values()]);
    const reading = (performance.now() - begun) / batch.length;
    for (const [index, stored] of batch.entries()) {
      if (signal.aborted) return;
      try {
        if (!(bodies instanceof Map)) throw bodies;
        await this.#mergeOne(stored, bodies.get(keys[index]), reading);
        onMerged(stored.place);
      } catch (error) {
        onDamaged(stored.place, error);
      }
    }
  }

  #learnLargest(bodies: readonly StoredBody[]): void {
    const largest = Math.max(...bodies.map(({ bytes }) => bytes.length));
    this.#largest = this.#isSizeKnown ? Math.max(this.#largest, largest) : largest;
    this.#isSizeKnown = true;
  }

  /** Merges one partial. `reading` is its share of the look-up's milliseconds. */
  async #mergeOne({ place, heard }: StoredPlace, stored: StoredBody | undefined, reading: number): Promise<void> {
    const { services, query } = this.#options;
    const begun = performance.now();
    if (!stored) throw new DamagedPartial("the partial is not in the store");
    const { partition, program } = partsOf(this.#planned.plan, place);
    this.#mergers[program]!.add(await decodePartial(stored.bytes, stored));
    const took = reading + performance.now() - begun;
    this.timeline.addMerging(took);
    services.meter?.observe("femtoq_merge_seconds", undefined, took / 1000);
    const waited = this.timeline.add(partition, stored.note, heard);
    if (waited !== undefined) services.meter?.observe("femtoq_claim_wait_seconds", priorityBand(query.query.priority), waited);
  }

  #retry<T>(message: string, action: () => Promise<T>): Promise<T> {
    const { services, signal } = this.#options;
    const { planKey: plan } = this.#planned.plan;
    return retry(action, { signal, mayPass, onFailure: (err, pause) => services.log.warn({ err, pause, plan }, message) });
  }
}
