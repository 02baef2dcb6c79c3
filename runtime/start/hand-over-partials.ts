/**
 * Keeps the partials that this process stored last, so that its dispatcher can merge them without reading them from the store. Each is returned once from
 * memory.
 *
 * Guarantees: a partial is returned with the bytes and the note that were stored. A partial of a failed transaction may remain here, but nobody asks for it
 * before a partial of this key is stored. Memory is bounded in bytes: the oldest partials are removed first, and are then read from the store. A body must not
 * be changed after it was stored.
 */
import { overlay } from "../../functions/metrics/overlay.ts";
import type { Inserted, NewPartial, Store, StoredBody } from "../../storage/store.ts";
import type { StoreError } from "../../storage/store-error.ts";

const usualBytes = 32 * 2 ** 20;

export function handOverPartials(store: Store, mostBytes = usualBytes): Store {
  const kept = new Map<string, StoredBody>();
  let bytes = 0;

  const take = (key: string): StoredBody | undefined => {
    const body = kept.get(key);
    if (body && kept.delete(key)) bytes -= body.bytes.length;
    return body;
  };
  const keep = (partials: readonly NewPartial[], answers: readonly (Inserted | StoreError)[]) => {
    for (const [index, { key, body, note }] of partials.entries()) {
      take(key);
      if (answers[index] !== "inserted") continue;
      kept.set(key, { bytes: body as StoredBody["bytes"], note, isIntact: true });
      bytes += body.length;
    }
    for (const key of kept.keys()) {
      if (bytes <= mostBytes) break;
      take(key);
    }
    return answers;
  };
  const { putPartialsWithin } = store;

  return overlay(store, {
    putPartials: async (partials) => keep(partials, await store.putPartials(partials)),
    // Nobody asks for these before the transaction is committed, since until then their subtasks are claimed.
    ...(putPartialsWithin && { putPartialsWithin: (partials: readonly NewPartial[]) => keep(partials, putPartialsWithin(partials)) }),
    async getPartials(keys) {
      const found = new Map<string, StoredBody>();
      for (const key of keys) {
        const body = take(key);
        if (body) found.set(key, body);
      }
      if (found.size === keys.length) return found;
      return new Map([...found, ...(await store.getPartials(keys.filter((key) => !found.has(key))))]);
    },
    dropPartial(key) {
      take(key);
      return store.dropPartial(key);
    },
    reset() {
      for (const key of kept.keys()) take(key);
      return store.reset();
    },
  });
}
