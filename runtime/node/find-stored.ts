import type { Store } from "../../storage/store.ts";

/** Asks the store which partials it has, once for all keys that are requested in one turn of the event loop. */
export function createFinder(store: Pick<Store, "findPartials">): (key: string) => Promise<ReadonlySet<string>> {
  let asking: { readonly keys: string[]; readonly found: Promise<ReadonlySet<string>> } | undefined;
  return (key) => {
    if (!asking) {
      const keys: string[] = [];
      const found = Promise.resolve().then(() => {
        asking = undefined;
        return store.findPartials(keys);
      });
      // Marked as handled, since only a node that gets the claim awaits it.
      found.catch(() => undefined);
      asking = { keys, found };
    }
    asking.keys.push(key);
    return asking.found;
  };
}
