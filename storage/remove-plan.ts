/**
 * Removes a plan from a store, and decides which of its partials go with it. Each other plan of the same program is read once for so many of the
 * plan's own partitions, and only until none of these is left to go.
 */
import type { Store } from "./store.ts";

export interface PlanParts {
  /** Keys of a plan's partials, a bounded number at a time; none for a plan that is not there. */
  partialKeys(planKey: string): AsyncIterable<readonly string[]>;
  /** Other plans of the same program. */
  otherPlans(planKey: string): Promise<readonly string[]>;
  isPinned(subtaskKey: string): boolean;
  /** Removes these, and gives how many of them there were. */
  dropPartials(subtaskKeys: readonly string[]): Promise<number>;
  countPartials(subtaskKeys: readonly string[]): Promise<number>;
  /** Removes the result, the queries, and the plan last, so that a removal that was interrupted can be done again. */
  dropRest(planKey: string): Promise<void>;
}

/** Keys of partials that are in memory at a time: some ten megabytes. */
const keysAtOnce = 100_000;

export async function removePlan(planKey: string, parts: PlanParts): ReturnType<Store["removePlan"]> {
  const others = await parts.otherPlans(planKey);
  let removed = 0;
  let kept = 0;
  let group: string[] = [];
  const dropGroup = async () => {
    const leaving = await keysOfThisPlanOnly(group, others, parts);
    removed += await parts.dropPartials([...leaving]);
    kept += await parts.countPartials(group.filter((key) => !leaving.has(key)));
    group = [];
  };
  for await (const keys of parts.partialKeys(planKey)) {
    group.push(...keys);
    if (group.length >= keysAtOnce) await dropGroup();
  }
  await dropGroup();
  await parts.dropRest(planKey);
  return { removed, kept };
}

async function keysOfThisPlanOnly(keys: readonly string[], others: readonly string[], parts: PlanParts): Promise<ReadonlySet<string>> {
  const own = new Set(keys.filter((key) => !parts.isPinned(key)));
  for (const other of others) {
    if (own.size === 0) break;
    for await (const shared of parts.partialKeys(other)) {
      for (const key of shared) own.delete(key);
      if (own.size === 0) break;
    }
  }
  return own;
}
