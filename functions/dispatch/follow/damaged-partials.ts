/**
 * Stored partials of a plan that proved to be of no use: damaged, or of another form than the program's. Each is dropped and computed
 * again for the clients that ask for the plan here, at their priorities; where none does, it stays as it is, and whoever asks next has it computed. A
 * partition whose partial is of no use `mostErrors` times has failed: nodes that all write what cannot be read are not asked for ever.
 */
import { retry } from "../../../base/retry.ts";
import { type Coordinator, mostErrors, type Subtask } from "../../../coordination/coordinator.ts";
import type { Store, StoredPlan } from "../../../storage/store.ts";
import type { Services } from "../../services.ts";
import { subtaskOf } from "../plan/plan-query.ts";
import type { PlanClients } from "./plan-clients.ts";
import type { PlanPartitions } from "./plan-partitions.ts";

interface Options {
  readonly plan: StoredPlan;
  readonly partitions: PlanPartitions;
  readonly clients: PlanClients;
  readonly services: Pick<Services, "log"> & {
    readonly store: Pick<Store, "dropPartial">;
    readonly coordinator: Pick<Coordinator, "enqueue">;
  };
  readonly signal: AbortSignal;
  readonly onChange: () => void;
}

export class DamagedPartials {
  readonly #options: Options;
  /** How often each place's partial was of no use. */
  readonly #attempts = new Map<number, number>();
  /** Places that are being queued again: for a moment they are neither stored nor queued. */
  readonly #queueing = new Set<number>();
  /** Places that no client here asks for: that the store has a partial of them is no news. */
  readonly #left = new Set<number>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Whether what store and coordinator say of a place now is not how it is. */
  isAside(place: number): boolean {
    return this.#queueing.has(place) || this.#left.has(place);
  }

  get isQueueing(): boolean {
    return this.#queueing.size > 0;
  }

  /** A stored partial was of no use. Resolves when its partition is queued again, has failed, or is left to whoever asks next; never rejects. */
  async mend(place: number, error: unknown): Promise<void> {
    const { plan, partitions, services, signal, onChange } = this.#options;
    if (signal.aborted) return;
    const subtask = subtaskOf(plan, place);
    const attempts = (this.#attempts.get(place) ?? 0) + 1;
    services.log.error({ err: error, subtask: subtask.key, attempts }, "a stored partial cannot be merged; it is computed again");
    // Counted before it is queued: it may be computed, and be of no use again, before that is answered.
    this.#attempts.set(place, attempts);
    this.#left.delete(place);
    if (attempts >= mostErrors) {
      const cause = `what was computed cannot be merged: ${error instanceof Error ? error.message : String(error)}`;
      partitions.fail(place, { attempts, cause });
    } else {
      partitions.set(place, "waiting");
      if (!(await this.#queueAgain(place, subtask).catch(() => true))) {
        this.#attempts.set(place, attempts - 1);
        this.#left.add(place);
        partitions.set(place, "absent");
      }
    }
    onChange();
  }

  /** Places whose partials in the store are of no use, and that begin again now as if they had never been computed. */
  forget(places: readonly number[]): readonly number[] {
    return places.filter((place) => this.#attempts.delete(place));
  }

  /** Drops a partial and queues its subtask, as soon as store and coordinator take that. False where nobody asks for it any more. */
  async #queueAgain(place: number, subtask: Subtask): Promise<boolean> {
    const { clients, services, signal } = this.#options;
    const queue = async () => {
      const requests = clients.requests();
      if (requests.length > 0) await services.store.dropPartial(subtask.key);
      for (const request of requests) await services.coordinator.enqueue({ ...request, subtasks: [subtask] });
      return requests.length > 0;
    };
    this.#queueing.add(place);
    try {
      return await retry(queue, {
        signal,
        onFailure: (err, pause) => services.log.warn({ err, pause, subtask: subtask.key }, "a partial cannot be computed again yet"),
      });
    } finally {
      this.#queueing.delete(place);
    }
  }
}
