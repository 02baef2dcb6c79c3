/** How one partition of a plan is: what store and coordinator say of it together. */

import { perTurn, turn } from "../../../base/turn.ts";
import type { Coordinator, Failure, SubtaskEvent, SubtaskState } from "../../../coordination/coordinator.ts";
import type { Store } from "../../../storage/store.ts";

/** `absent`: neither stored nor queued, as after a cancellation. `stored`: to be merged. */
export type PartitionState = "absent" | "waiting" | "loading" | "running" | "stored" | "merged" | "failed";

/** Its partial is stored, and merged or about to be. */
export const isHere = (state: PartitionState): boolean => state === "merged" || state === "stored";

export const eventStates: Readonly<Record<Exclude<SubtaskEvent["kind"], "failed" | "done">, Exclude<PartitionState, "failed">>> = {
  unowned: "waiting",
  loading: "loading",
  running: "running",
  withdrawn: "absent",
};

export type Found =
  | { readonly kind: Exclude<PartitionState, "merged" | "failed"> }
  | { readonly kind: "failed"; readonly failure: Failure };

/** Of each of these subtasks. */
export async function readPartitionStates(
  keys: readonly string[],
  { store, coordinator }: { readonly store: Store; readonly coordinator: Coordinator },
): Promise<ReadonlyMap<string, Found>> {
  const states = await coordinator.states(keys);
  // A partial is stored before its subtask is done: what is neither is nowhere.
  const stored = await store.findPartials(keys.filter((key) => states.get(key)?.kind !== "owned"));
  const found = new Map<string, Found>();
  for (const [index, key] of keys.entries()) {
    if (index % perTurn === perTurn - 1) await turn();
    found.set(key, stored.has(key) ? { kind: "stored" } : describe(states.get(key)));
  }
  return found;
}

function describe(state: SubtaskState | undefined): Found {
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
