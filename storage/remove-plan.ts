/** Removing a plan from a store: which of its partials go, whatever keeps them. */
import type { Store } from "./store.ts";

export interface PlanParts {
  /** Keys of a plan's partials, a bounded number at a time; none for a plan that is not there. */
  partialKeys(planKey: string): AsyncIterable<readonly string[]>;
  /** Other plans of the same program. */
  otherPlans(planKey: string): Promise<readonly string[]>;
  isPinned(subtaskKey: string): boolean;
  /** Gives how many there were. */
  dropPartials(subtaskKeys: readonly string[]): Promise<number>;
  countPartials(subtaskKeys: readonly string[]): Promise<number>;
  /** The result, the queries, and the plan last, so that what was interrupted can be done again. */
  dropRest(planKey: string): Promise<void>;
}

export async function removePlan(planKey: string, parts: PlanParts): ReturnType<Store["removePlan"]> {
  let removed = 0;
  let kept = 0;
  const others = await parts.otherPlans(planKey);
  for await (const keys of parts.partialKeys(planKey)) {
    const own = new Set(keys.filter((key) => !parts.isPinned(key)));
    for (const other of others) {
      for await (const shared of parts.partialKeys(other)) for (const key of shared) own.delete(key);
    }
    removed += await parts.dropPartials([...own]);
    kept += await parts.countPartials(keys.filter((key) => !own.has(key)));
  }
  await parts.dropRest(planKey);
  return { removed, kept };
}
