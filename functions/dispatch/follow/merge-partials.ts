/**
 * Adds stored partials to the sum of a plan, many at a time: one look-up for as many as are likely to have `mostBytes` together. Their order
 * does not matter, for adding is exact. What the store cannot give now is asked for again until it can.
 */
import { retry } from "../../../base/retry.ts";
import { subtaskKey } from "../../../base/subtask-key.ts";
import type { Store, StoredPlan } from "../../../storage/store.ts";
import type { Services } from "../../services.ts";
import { isUnavailable, type PartialSum } from "./partial-sum.ts";

export interface StoredPlace {
  /** Of the partition in its plan. */
  readonly place: number;
  /** When it was news that the partial is stored; undefined where it was stored before anybody looked. */
  readonly heard: number | undefined;
}

export interface MergingOptions {
  readonly plan: StoredPlan;
  readonly sum: PartialSum;
  readonly services: Pick<Services, "log"> & { readonly store: Pick<Store, "getPartials"> };
  readonly signal: AbortSignal;
  readonly onMerged: (place: number) => void;
  /** The partial was of no use, or is not there. */
  readonly onDamaged: (place: number, error: unknown) => void;
  /** Some were merged. Waited for before others are. */
  readonly onBatch: () => Promise<void>;
}

const mostBytes = 4_000_000;
const mostAtATime = 256;

export class PartialMerging {
  readonly #options: MergingOptions;
  readonly #waiting: StoredPlace[] = [];
  /** Bytes of the largest partial so far; those of one program differ little. */
  #largest = mostBytes;
  #isMerging = false;

  constructor(options: MergingOptions) {
    this.#options = options;
  }

  add(stored: StoredPlace): void {
    this.#waiting.push(stored);
    if (!this.#isMerging) void this.#mergeAll();
  }

  async #mergeAll(): Promise<void> {
    const { signal, onBatch } = this.#options;
    this.#isMerging = true;
    try {
      while (this.#waiting.length > 0 && !signal.aborted) {
        const most = Math.max(1, Math.min(mostAtATime, Math.floor(mostBytes / this.#largest)));
        // From the end: taking the first ones out of hundreds of thousands would move all the others.
        await this.#merge(this.#waiting.splice(-most));
        if (!signal.aborted) await onBatch();
      }
    } finally {
      // In the same turn as the last look at those that wait: whatever comes later begins anew.
      this.#isMerging = false;
    }
  }

  async #merge(batch: readonly StoredPlace[]): Promise<void> {
    const { plan, sum, signal, onMerged, onDamaged } = this.#options;
    const keys = batch.map(({ place }) => subtaskKey(plan.programKey, plan.partitions[place].fingerprint));
    const begun = performance.now();
    try {
      const bodies = await this.#get(keys);
      const reading = (performance.now() - begun) / batch.length;
      if (this.#largest === mostBytes) this.#largest = 1;
      for (const [index, { place, heard }] of batch.entries()) {
        if (signal.aborted) return;
        const stored = bodies.get(keys[index]);
        this.#largest = Math.max(this.#largest, stored?.bytes.length ?? 0);
        try {
          await sum.add(place, { stored, heard, reading });
          onMerged(place);
        } catch (error) {
          onDamaged(place, error);
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      for (const { place } of batch) onDamaged(place, error);
    }
  }

  #get(keys: readonly string[]) {
    const { plan, services, signal } = this.#options;
    return retry(() => services.store.getPartials(keys), {
      signal,
      mayPass: isUnavailable,
      onFailure: (err, pause) => services.log.warn({ err, pause, plan: plan.planKey }, "partials cannot be read now; trying again"),
    });
  }
}
