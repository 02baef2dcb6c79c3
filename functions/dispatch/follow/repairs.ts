/** Partitions of a plan whose stored partial was of no use: each is dropped and queued again as soon as store and coordinator take that. */
import type { StoredPlan } from "../../../storage/store.ts";
import type { Services } from "../../services.ts";
import { subtaskOf } from "../plan/plan-submission.ts";
import { insist } from "./insist.ts";

type RepairServices = Pick<Services, "store" | "coordinator" | "log"> & { readonly signal: AbortSignal };

export class Repairs {
  readonly #plan: StoredPlan;
  readonly #services: RepairServices;
  readonly #places = new Set<number>();

  constructor(plan: StoredPlan, services: RepairServices) {
    this.#plan = plan;
    this.#services = services;
  }

  /** Whether it is not queued again yet. */
  has(place: number): boolean {
    return this.#places.has(place);
  }

  /** Resolves when it is queued again, or the signal aborted. */
  async begin(place: number): Promise<void> {
    const { store, coordinator, log, signal } = this.#services;
    const subtask = subtaskOf(this.#plan, place);
    const { key } = subtask;
    this.#places.add(place);
    const queue = async () => {
      await store.dropPartial(key);
      await coordinator.enqueue({ queryId: `repair:${key}`, client: "repair", priority: 0, subtasks: [subtask] });
    };
    const message = "a partial cannot be computed again yet";
    await insist(queue, { signal, log, message, fields: { subtask: key }, mayPass: () => true }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    this.#places.delete(place);
  }
}
