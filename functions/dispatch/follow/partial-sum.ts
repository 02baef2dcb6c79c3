/**
 * The sums of a plan's partials so far, one of each program, and where the time for them went. Stored partials are read many at a time, one look-up for as many as are likely
 * to have `mostBytes` together, and added in any order, for adding is exact. What the store cannot give now is asked for again until it can.
 * Memory: one merged partial of each program, and those that are being added.
 */
import { retry } from "../../../base/retry.ts";
import { Merger } from "../../../engine/histogram/merge.ts";
import { DamagedPartial, decodePartial, encodePartials, type PartialResult } from "../../../engine/histogram/partial.ts";
import type { StoredBody, StoredQuery } from "../../../storage/store.ts";
import { StoreError } from "../../../storage/store-error.ts";
import { priorityBand } from "../../metrics/metrics.ts";
import type { Services } from "../../services.ts";
import { Timeline } from "../answer/timeline.ts";
import { partsOf, subtaskOf } from "../plan/plan-query.ts";
import type { PlannedPrograms } from "./stored-results.ts";

export interface StoredPlace {
  /** Of the subtask in its plan. */
  readonly place: number;
  /** When it was news that the partial is stored, in milliseconds since the epoch; undefined where it was stored before anybody looked. */
  readonly heard: number | undefined;
}

export interface PartialSumOptions {
  readonly services: Pick<Services, "store" | "log" | "meter">;
  /** The query for which the plan is followed: waits are counted from when it was asked. */
  readonly query: StoredQuery;
  readonly signal: AbortSignal;
  readonly onMerged: (place: number) => void;
  /** The partial was of no use, or is not there. The sum is as it was. */
  readonly onDamaged: (place: number, error: unknown) => void;
  /** Some were read and merged. Waited for before others are. */
  readonly onBatch: () => Promise<void>;
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
  /** Bytes of the largest partial so far, for those of one program differ little; before the first one, so many that it is read alone. */
  #largest = mostBytes;
  #isMerging = false;

  constructor(planned: PlannedPrograms, options: PartialSumOptions) {
    this.#planned = planned;
    this.#options = options;
    this.#mergers = planned.programs.map((program) => new Merger(program));
    this.timeline = new Timeline(options.query.created);
  }

  add(stored: StoredPlace): void {
    this.#waiting.push(stored);
    if (!this.#isMerging) void this.#mergeAll();
  }

  /** One of each program. */
  read(): readonly PartialResult[] {
    return this.#mergers.map((merger) => merger.read());
  }

  /** Stores the sums as the plan's result. Never rejects: where it cannot be stored, the partials stay, and whoever asks next merges them again. */
  async save(): Promise<void> {
    const { services, signal } = this.#options;
    const plan = this.#planned.plan.planKey;
    // Rows are read from the partials: while those are there, so is the sum.
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
    while (this.#waiting.length > 0 && !signal.aborted) {
      const most = Math.max(1, Math.min(mostAtATime, Math.floor(mostBytes / this.#largest)));
      // From the end: taking the first ones out of hundreds of thousands would move all the others.
      await this.#merge(this.#waiting.splice(-most));
      if (!signal.aborted) await onBatch();
    }
    // In the same turn as the last look at those that wait: whatever comes later begins anew.
    this.#isMerging = false;
  }

  /** Never rejects. */
  async #merge(batch: readonly StoredPlace[]): Promise<void> {
    const { services, signal, onMerged, onDamaged } = this.#options;
    const keys = batch.map(({ place }) => subtaskOf(this.#planned.plan, place).key);
    const begun = performance.now();
    const getAll = () => services.store.getPartials(keys);
    const bodies = await this.#retry("partials cannot be read now; trying again", getAll).catch((error: unknown) => error);
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

  /** `reading`: milliseconds that its part of the look-up took. */
  async #mergeOne({ place, heard }: StoredPlace, stored: StoredBody | undefined, reading: number): Promise<void> {
    const { services, query } = this.#options;
    const begun = performance.now();
    if (!stored) throw new DamagedPartial("the partial is not in the store");
    this.#largest = Math.max(this.#largest === mostBytes ? 1 : this.#largest, stored.bytes.length);
    const { partition, program } = partsOf(this.#planned.plan, place);
    this.#mergers[program]!.add(await decodePartial(stored.bytes));
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
