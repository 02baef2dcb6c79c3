/**
 * The sum of a plan's partials so far, and where the time for them went. Adding is exact, so the order does not matter. Memory: one merged
 * partial.
 */
import type { Log } from "../../../base/log.ts";
import { retry } from "../../../base/retry.ts";
import { Merger } from "../../../engine/histogram/merge.ts";
import { DamagedPartial, decodePartial, encodePartial, type PartialResult } from "../../../engine/histogram/partial.ts";
import type { Program } from "../../../engine/program/program.ts";
import type { Store, StoredBody, StoredPlan, StoredQuery } from "../../../storage/store.ts";
import { StoreError } from "../../../storage/store-error.ts";
import type { Meter } from "../../metrics/meter.ts";
import { priorityBand } from "../../metrics/priority-band.ts";
import { Timeline } from "../answer/timeline.ts";

export interface PartialSumOptions {
  readonly store: Pick<Store, "putResult">;
  readonly log: Log;
  readonly meter?: Meter | undefined;
  /** The query for which the plan is followed: waits are counted from when it was asked. */
  readonly query: StoredQuery;
}

export interface Addend {
  readonly stored: StoredBody | undefined;
  /** When it was known to be new, in milliseconds since the epoch; undefined where it was there before. */
  readonly heard: number | undefined;
  /** Milliseconds that reading it took. */
  readonly reading: number;
}

/** The store cannot be reached now. */
export const isUnavailable = (error: unknown): boolean => error instanceof StoreError && error.code === "unavailable";

export class PartialSum {
  readonly timeline: Timeline;
  readonly #plan: StoredPlan;
  readonly #options: PartialSumOptions;
  readonly #merger: Merger;

  constructor(plan: StoredPlan, program: Program, options: PartialSumOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#merger = new Merger(program);
    this.timeline = new Timeline(options.query.created);
  }

  /** Throws where a partition's partial is not there or of no use: then the sum is as it was. */
  async add(place: number, { stored, heard, reading }: Addend): Promise<void> {
    const { meter, query } = this.#options;
    const begun = performance.now();
    if (!stored) throw new DamagedPartial("the partial is not in the store");
    this.#merger.add(await decodePartial(stored.bytes));
    const took = reading + performance.now() - begun;
    this.timeline.addMerging(took);
    meter?.observe("femtoq_merge_seconds", undefined, took / 1000);
    const waited = this.timeline.add(this.#plan.partitions[place], stored.note, heard);
    if (waited !== undefined) meter?.observe("femtoq_claim_wait_seconds", priorityBand(query.query.priority), waited);
  }

  read(): PartialResult {
    return this.#merger.read();
  }

  /** Stores the sum as the plan's result. Never rejects: where it cannot be stored, the partials stay, and whoever asks next merges them again. */
  async save(signal: AbortSignal): Promise<void> {
    const { store, log } = this.#options;
    const { planKey } = this.#plan;
    const put = async () => store.putResult(planKey, await encodePartial(this.#merger.read()), this.timeline.read(Date.now()));
    const onFailure = (err: unknown, pause: number) =>
      log.warn({ err, pause, plan: planKey }, "a result cannot be stored now; trying again");
    try {
      await retry(put, { signal, mayPass: isUnavailable, onFailure });
    } catch (error) {
      if (!signal.aborted) log.error({ err: error, plan: planKey }, "a result cannot be stored");
    }
  }
}
