/** Asks the coordinator how many clients are interested in queries, for several queries at a time. */
import type { Coordinator } from "../../../coordination/coordinator.ts";

export type CountInterest = (queryIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;

/** Calls during a look-up are combined into the next one, so that there is one look-up at a time for any number of polling clients. */
export function createInterestCounter({ interest }: Pick<Coordinator, "interest">): CountInterest {
  let current: Promise<unknown> = Promise.resolve();
  let next: { readonly ids: Set<string>; readonly counts: ReturnType<CountInterest> } | undefined;
  return (queryIds) => {
    if (next === undefined) {
      const ids = new Set<string>();
      const counts = current.then(() => {
        next = undefined;
        return interest([...ids]);
      });
      next = { ids, counts };
      current = counts.catch(() => undefined);
    }
    for (const id of queryIds) next.ids.add(id);
    return next.counts;
  };
}
