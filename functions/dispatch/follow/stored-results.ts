/** Finds merged results in the store, and keeps recently requested ones in memory. While a plan has a result, its partials are not merged again. */
import { LRUCache } from "lru-cache";
import { decodePartials, type PartialResult } from "../../../engine/histogram/partial.ts";
import type { Program } from "../../../engine/program/program.ts";
import { programsOf, type StoredPlan } from "../../../storage/store.ts";
import type { Services } from "../../services.ts";
import { planBytes } from "../plan/plan-query.ts";

export interface PlannedPrograms {
  readonly plan: StoredPlan;
  /** The programs, in the plan's order. */
  readonly programs: readonly Program[];
}

export interface FoundResult extends PlannedPrograms {
  /** The sum over all partitions, for each program. */
  readonly result: readonly PartialResult[];
  /** The note that was stored beside the result. */
  readonly note: unknown;
}

interface Kept extends FoundResult {
  /** The approximate number of bytes in memory. */
  readonly size: number;
}

export class StoredResults {
  readonly #services: Pick<Services, "store" | "log">;
  readonly #kept: LRUCache<string, Kept>;

  /** `mostBytes` limits all kept results, including their plans; a larger one is kept alone. */
  constructor(services: Pick<Services, "store" | "log">, { mostBytes }: { readonly mostBytes: number }) {
    this.#services = services;
    this.#kept = new LRUCache({ maxSize: mostBytes, sizeCalculation: ({ size }) => Math.min(mostBytes, size) });
  }

  /** Finds a result in memory. */
  recall(planKey: string): FoundResult | undefined {
    return this.#kept.get(planKey);
  }

  async find({ plan, programs }: PlannedPrograms): Promise<FoundResult | undefined> {
    const { planKey } = plan;
    const kept = this.#kept.get(planKey);
    if (kept) return kept;
    const { store, log } = this.#services;
    const stored = await store.getResult(planKey);
    if (!stored) return undefined;
    const { bytes, note } = stored;
    try {
      const size = planBytes({ plan, programs }) + bytes.length;
      const found = { plan, programs, result: await decodePartials(bytes), note, size };
      this.#kept.set(planKey, found);
      return found;
    } catch (error) {
      log.error({ err: error, plan: planKey }, "a stored result is damaged; its partials are merged again");
      await store.dropResult(planKey);
      return undefined;
    }
  }

  async findPlanned(planKey: string): Promise<PlannedPrograms | undefined> {
    const kept = this.#kept.get(planKey);
    if (kept) return kept;
    const { store } = this.#services;
    const plan = (await store.getPlans([planKey])).get(planKey);
    if (!plan) return undefined;
    const keys = programsOf(plan).map(({ programKey }) => programKey);
    const found = await store.getPrograms(keys);
    const programs = keys.map((key) => found.get(key)?.program as Program | undefined).filter((program) => program !== undefined);
    return programs.length === keys.length ? { plan, programs } : undefined;
  }

  forget(planKey: string): void {
    this.#kept.delete(planKey);
  }
}
