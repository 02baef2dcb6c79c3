/** Wraps a store so that it tells which of its functions were called. */
import type { Store } from "../../storage/store.ts";

export interface CallCounter {
  readonly store: Store;
  /** Returns the names of the functions that were called since `take` was last called, in order. Functions that need no disk or server are not counted. */
  take(): readonly string[];
}

const free = new Set<PropertyKey>(["pin", "close"]);

export function countCalls(store: Store): CallCounter {
  const calls: string[] = [];
  const counting = new Proxy(store, {
    get(target, name, receiver) {
      const member = Reflect.get(target, name, receiver);
      if (typeof member !== "function" || free.has(name)) return member;
      return (...args: unknown[]) => {
        calls.push(String(name));
        return member.apply(target, args);
      };
    },
  });
  return { store: counting, take: () => calls.splice(0) };
}
