/**
 * Removes a plan from a store, and decides which of its partials are removed with it. The keys of its partials are compared in groups with those of the
 * other plans of its programs. Each other plan is read once per group, and only while keys remain that no plan shares.
 */
import type { Store } from "./store.ts";

export interface PlanParts {
  /** The keys of a plan's partials, in groups of bounded size; none if the plan is not stored. */
  partialKeys(planKey: string): AsyncIterable<readonly string[]>;
  /** The keys of other plans that share a program with this one. */
  otherPlans(planKey: string): Promise<readonly string[]>;
  isPinned(subtaskKey: string): boolean;
  /** Removes these partials and returns how many of them were stored. */
  dropPartials(subtaskKeys: readonly string[]): Promise<number>;
  countPartials(subtaskKeys: readonly string[]): Promise<number>;
  /** Removes the result, the queries and, last, the plan, so that an interrupted removal can be repeated. */
  dropRest(planKey: string): Promise<void>;
}

/** The most keys of partials in one group, to bound memory: about ten megabytes. */
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
