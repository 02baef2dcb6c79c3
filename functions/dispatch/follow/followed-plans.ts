/**
 * The plans that are followed here, each once for all who ask. Those under way or listened to are kept whatever their number, for admission limits it; of
 * the others those that were asked for last.
 */
import { LRUCache } from "lru-cache";
import type { StoredQuery } from "../../../storage/store.ts";
import { Progress, type ProgressServices } from "./progress.ts";
import type { PlannedProgram } from "./stored-results.ts";

interface Followed {
  readonly partitions: number;
  readonly opened: Promise<Progress>;
  progress?: Progress;
}

const mostIdle = 100;

export class FollowedPlans {
  readonly #services: ProgressServices;
  readonly #inUse = new Map<string, Followed>();
  readonly #idle: LRUCache<string, Followed>;

  /** `mostPartitions`: of the plans that are kept though nothing of them is under way, all together; a larger one is kept alone. */
  constructor(services: ProgressServices, { mostPartitions }: { readonly mostPartitions: number }) {
    this.#services = services;
    this.#idle = new LRUCache({
      max: mostIdle,
      maxSize: mostPartitions,
      sizeCalculation: ({ partitions }) => Math.min(mostPartitions, Math.max(1, partitions)),
      dispose: ({ progress }, _, reason) => {
        if (reason === "evict") void progress?.close();
      },
    });
  }

  /** What was before it was followed is not known yet: `Progress.look` learns it. `query`: the one that wants it followed. */
  async follow(planned: PlannedProgram, query: StoredQuery): Promise<Progress> {
    const { planKey, partitions } = planned.plan;
    const known = this.#use(planKey);
    if (known) return known.opened;
    this.#setIdleAside();
    const followed: Followed = { partitions: partitions.length, opened: Progress.open(planned, query, this.#services) };
    this.#inUse.set(planKey, followed);
    try {
      followed.progress = await followed.opened;
    } catch (error) {
      this.#inUse.delete(planKey);
      throw error;
    }
    return followed.progress;
  }

  async find(planKey: string): Promise<Progress | undefined> {
    return (this.#inUse.get(planKey) ?? this.#idle.get(planKey))?.opened;
  }

  /** Unless something of it is under way, or somebody listens. */
  async forgetIdle(planKey: string): Promise<void> {
    if ((await this.find(planKey))?.isIdle) this.forget(planKey);
  }

  forget(planKey: string): void {
    const followed = this.#use(planKey);
    this.#inUse.delete(planKey);
    void followed?.progress?.close();
  }

  #use(planKey: string): Followed | undefined {
    const idle = this.#idle.get(planKey);
    if (idle) {
      this.#idle.delete(planKey);
      this.#inUse.set(planKey, idle);
    }
    return this.#inUse.get(planKey);
  }

  #setIdleAside(): void {
    for (const [planKey, followed] of this.#inUse) {
      if (!followed.progress?.isIdle) continue;
      this.#inUse.delete(planKey);
      this.#idle.set(planKey, followed);
    }
  }
}
