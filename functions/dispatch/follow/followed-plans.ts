/**
 * The plans that this process follows, each once for all clients. Plans that are under way or have listeners are all kept, since admission
 * limits their number. Of the others, the most recently used are kept.
 */
import { LRUCache } from "lru-cache";
import type { StoredQuery } from "../../../storage/store.ts";
import { planBytes } from "../plan/plan-query.ts";
import { Progress, type ProgressServices } from "./progress.ts";
import type { PlannedPrograms } from "./stored-results.ts";

interface Followed {
  /** Bytes, about. */
  readonly size: number;
  readonly opened: Promise<Progress>;
  progress?: Progress;
}

export class FollowedPlans {
  readonly #services: ProgressServices;
  readonly #inUse = new Map<string, Followed>();
  readonly #idle: LRUCache<string, Followed>;

  /** `mostBytes` limits all kept plans of which nothing is under way; a larger one is kept alone. */
  constructor(services: ProgressServices, { mostBytes }: { readonly mostBytes: number }) {
    this.#services = services;
    this.#idle = new LRUCache({
      maxSize: mostBytes,
      // Each plan counts at least a hundredth, so that at most a hundred listen to the coordinator's events.
      sizeCalculation: ({ size }) => Math.min(mostBytes, Math.max(mostBytes / 100, size)),
      dispose: ({ progress }, _, reason) => {
        if (reason === "evict") void progress?.close();
      },
    });
  }

  /** Follows a plan from now on; `Progress.look` learns its earlier state. `query` is the query for which it is followed. */
  async follow(planned: PlannedPrograms, query: StoredQuery): Promise<Progress> {
    const { planKey } = planned.plan;
    const known = this.#use(planKey);
    if (known) return known.opened;
    this.#setIdleAside();
    const followed: Followed = { size: planBytes(planned), opened: Progress.open(planned, query, this.#services) };
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

  /** Waits until results that are being stored are; not for those that take long. */
  async saved(): Promise<void> {
    await Promise.all([...this.#inUse.values()].map(({ progress }) => progress?.saved()));
  }

  /** Forgets a plan, unless something of it is under way or it has listeners. */
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
