/** The plans that are followed here, each once for all who ask: those under way or listened to, and some that were lately. */
import type { Services } from "../../services.ts";
import type { Asked } from "./partial-sum.ts";
import { Progress } from "./progress.ts";
import { Recent } from "./recent.ts";
import type { PlannedProgram } from "./stored-results.ts";

interface Opening {
  readonly partitions: number;
  readonly opened: Promise<Progress>;
  progress?: Progress;
}

const most = 100;

export class FollowedPlans {
  readonly #services: Services;
  readonly #openings: Recent<Opening>;

  /** `mostPartitions`: of the plans that are kept though they may be forgotten, all together. */
  constructor(services: Services, { mostPartitions }: { readonly mostPartitions: number }) {
    this.#services = services;
    this.#openings = new Recent(most, {
      weigh: ({ partitions }) => partitions,
      mostWeight: mostPartitions,
      mayForget: ({ progress }) => progress?.isIdle === true,
      forget: ({ progress }) => progress?.close(),
    });
  }

  /** What was before it was followed is not known yet: `Progress.look` learns it. */
  async follow({ plan, program }: PlannedProgram, asked: Asked): Promise<Progress> {
    const known = this.#openings.get(plan.planKey);
    if (known) return known.opened;
    const partitions = plan.partitions.length;
    const opening: Opening = { partitions, opened: Progress.open(plan, program, this.#services, asked) };
    this.#openings.set(plan.planKey, opening);
    try {
      opening.progress = await opening.opened;
    } catch (error) {
      this.#openings.delete(plan.planKey);
      throw error;
    }
    return opening.progress;
  }

  async find(planKey: string): Promise<Progress | undefined> {
    return this.#openings.get(planKey)?.opened;
  }

  /** Unless something of it is under way, or somebody listens. */
  async forgetIdle(planKey: string): Promise<void> {
    if ((await this.find(planKey))?.isIdle) this.forget(planKey);
  }

  forget(planKey: string): void {
    this.#openings.delete(planKey);
  }
}
