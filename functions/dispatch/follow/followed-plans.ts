/**
 * The plans that are followed here, each once for all clients that ask. Those that are under way, or that somebody listens to, are all kept: admission
 * limits their number. Of the others those are kept that were asked for last.
 */
import { LRUCache } from "lru-cache";
import { cellCount } from "../../../engine/axes/axes.ts";
import type { StoredQuery } from "../../../storage/store.ts";
import { Progress, type ProgressServices } from "./progress.ts";
import type { PlannedProgram } from "./stored-results.ts";

interface Followed {
  /** Its partitions, and the cells of the sum of its partials, which take about as much memory. */
  readonly weight: number;
  readonly opened: Promise<Progress>;
  progress?: Progress;
}

const mostIdle = 100;

export class FollowedPlans {
  readonly #services: ProgressServices;
  readonly #inUse = new Map<string, Followed>();
  readonly #idle: LRUCache<string, Followed>;

  /**
   * `mostPartitions`: the most partitions of all plans together that are kept though nothing of them is under way. A cell of a histogram counts as one;
   * a larger plan is kept alone.
   */
  constructor(services: ProgressServices, { mostPartitions }: { readonly mostPartitions: number }) {
    this.#services = services;
    this.#idle = new LRUCache({
      max: mostIdle,
      maxSize: mostPartitions,
      sizeCalculation: ({ weight }) => Math.min(mostPartitions, Math.max(1, weight)),
      dispose: ({ progress }, _, reason) => {
        if (reason === "evict") void progress?.close();
      },
    });
  }

  /** Follows a plan from now on; `Progress.look` learns how it was before. `query`: the one for which it is followed. */
  async follow(planned: PlannedProgram, query: StoredQuery): Promise<Progress> {
    const { planKey } = planned.plan;
    const known = this.#use(planKey);
    if (known) return known.opened;
    this.#setIdleAside();
    const followed: Followed = { weight: weigh(planned), opened: Progress.open(planned, query, this.#services) };
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

  /** Forgets a plan, unless something of it is under way or somebody listens. */
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

const weigh = ({ plan, program }: PlannedProgram): number =>
  program.histograms.reduce((sum, { axes }) => sum + cellCount(axes), plan.partitions.length);
