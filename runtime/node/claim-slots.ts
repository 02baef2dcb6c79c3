/**
 * The slots of a node, each for one bundle of claims that load or compute. Some are for all clients. When these are taken, others remain for clients for
 * whom the node computes nothing, so that a newcomer does not wait for the long subtasks of others.
 */
import pLimit from "p-limit";

export interface SlotNumbers {
  readonly anybody: number;
  readonly newcomers: number;
}

/** Returns a function that runs an action as soon as a slot is free, preferably one for all clients, and tells the action which kind of slot it has. */
export function createSlots({ anybody, newcomers }: SlotNumbers) {
  const inSlot = pLimit(anybody + newcomers);
  let free = anybody;
  return <T>(action: (slot: { readonly newcomersOnly: boolean }) => Promise<T>): Promise<T> =>
    inSlot(async () => {
      if (free === 0) return action({ newcomersOnly: true });
      free--;
      try {
        return await action({ newcomersOnly: false });
      } finally {
        free++;
      }
    });
}
