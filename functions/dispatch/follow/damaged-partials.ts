/**
 * Handles stored partials of a plan that cannot be used: damaged ones, or ones that do not fit the program. Each is dropped and computed again for the
 * clients that follow the plan here, with their priorities. If there are none, it stays, and the next client has it computed. A partition
 * fails after `mostErrors` unusable partials, so that nodes which write unreadable partials are not asked for ever.
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
  /** How often the partial of each place was unusable. */
  readonly #attempts = new Map<number, number>();
  /** Places that are being queued again; meanwhile they are neither stored nor queued. */
  readonly #queueing = new Set<number>();
  /** Places that no client here follows. The store still has their unusable partials, which must not count as stored. */
  readonly #left = new Set<number>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Whether the answers of store and coordinator about a place must be ignored now. */
  isIgnored(place: number): boolean {
    return this.#queueing.has(place) || this.#left.has(place);
  }

  get isQueueing(): boolean {
    return this.#queueing.size > 0;
  }

  /** Handles an unusable partial. Resolves when its partition is queued again, has failed, or is left to the next client; never rejects. */
  async mend(place: number, error: unknown): Promise<void> {
    const { plan, partitions, services, signal, onChange } = this.#options;
    if (signal.aborted) return;
    const subtask = subtaskOf(plan, place);
    const attempts = (this.#attempts.get(place) ?? 0) + 1;
    services.log.error({ err: error, subtask: subtask.key, attempts }, "a stored partial cannot be merged; it is computed again");
    // Counted before queueing, since it may be computed and be unusable again before queueing is answered.
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

  /** Forgets the errors of these places; returns those whose stored partials are unusable. */
  forget(places: readonly number[]): readonly number[] {
    return places.filter((place) => this.#attempts.delete(place));
  }

  /** Drops a partial and queues its subtask, as soon as store and coordinator accept this. Returns false if no client wants it any more. */
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
