/**
 * The slots of a node: each is for one bundle of claims that load or compute. So many are for anybody, and so many more for clients of whom the node has
 * nothing, where those are taken: whoever comes while others compute for long does not wait for them.
 */
import pLimit from "p-limit";

export interface SlotNumbers {
  readonly anybody: number;
  readonly newcomers: number;
}

/** Has an action wait for a slot, those for anybody first, and tells it which it has. */
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
