/** Finds the states of a plan's partitions from store and coordinator together. */

import { subtaskKey } from "../../../base/subtask-key.ts";
import { perTurn, turn } from "../../../base/turn.ts";
import type { Failure, SubtaskEvent, SubtaskState } from "../../../coordination/coordinator.ts";
import { programsOf, type StoredPlan } from "../../../storage/store.ts";
import type { Services } from "../../services.ts";
import { noPartitions, type PartitionCounts } from "../query-state.ts";

export type PartitionState = Exclude<keyof PartitionCounts, "total">;

/** The partial is stored: it is merged, or about to be. */
export const isStored = (state: PartitionState): boolean => state === "done" || state === "merging";

/** The partition still has to be computed. */
export const isOpen = (state: PartitionState): boolean => !isStored(state) && state !== "failed";

export const eventStates: Readonly<Record<Exclude<SubtaskEvent["kind"], "failed" | "done">, Exclude<PartitionState, "failed">>> = {
  unowned: "waiting",
  loading: "loading",
  running: "running",
  withdrawn: "absent",
};

/** The state of one partition as it was found. */
export type FoundState =
  | { readonly kind: "absent" | "waiting" | "loading" | "running" | "stored" }
  | { readonly kind: "failed"; readonly failure: Failure };

type Sources = Pick<Services, "store" | "coordinator">;

/** Looks up the state of each subtask. `renews` tells whether this counts as a use of stored partials. */
export async function findPartitionStates(
  keys: readonly string[],
  { store, coordinator }: Sources,
  { renews }: { readonly renews: boolean },
): Promise<ReadonlyMap<string, FoundState>> {
  const states = await coordinator.states(keys);
  // The coordinator is asked first. A partial is stored before its subtask is done, so no subtask is missed between the two.
  const stored = await store.findPartials(
    keys.filter((key) => states.get(key)?.kind !== "owned"),
    { renews },
  );
  const found = new Map<string, FoundState>();
  for (const [index, key] of keys.entries()) {
    if (index % perTurn === perTurn - 1) await turn();
    found.set(key, stored.has(key) ? { kind: "stored" } : describe(states.get(key)));
  }
  return found;
}

/** Counts the partitions of a plan that is not followed here, without renewing uses. A stored partition counts as done, since it only has to be merged. */
export async function countPartitions(plan: StoredPlan, sources: Sources): Promise<PartitionCounts> {
  const programs = programsOf(plan);
  const keys = plan.partitions.flatMap(({ fingerprint }) => programs.map(({ programKey }) => subtaskKey(programKey, fingerprint)));
  const found = await findPartitionStates(keys, sources, { renews: false });
  const counts = { ...noPartitions, total: keys.length };
  for (const { kind } of found.values()) counts[kind === "stored" ? "done" : kind]++;
  return counts;
}

function describe(state: SubtaskState | undefined): FoundState {
  switch (state?.kind) {
    case undefined:
      return { kind: "absent" };
    case "unowned":
      return { kind: "waiting" };
    case "owned":
      return { kind: state.loading ? "loading" : "running" };
    case "failed":
      return state;
  }
}
