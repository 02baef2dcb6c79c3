/**
 * The watchers of subtasks. The cost of an event depends only on its own watchers, not on how many others there are.
 *
 * Watchers hear events in the order in which they happened, even if a listener causes further ones. Keys with the same watchers
 * share one list of them.
 */
import type { SubtaskEvent } from "./coordinator.ts";

interface Watcher {
  readonly listener: (event: SubtaskEvent) => void;
  readonly signal: AbortSignal;
}

export class Watchers {
  readonly #byKey = new Map<string, readonly Watcher[]>();
  readonly #onError: (error: unknown) => void;
  #pending: SubtaskEvent[] = [];
  #isDelivering = false;

  /** `onError` is called with what a listener throws. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  watch(keys: ReadonlySet<string>, listener: (event: SubtaskEvent) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    const watcher: Watcher = { listener, signal };
    const watched = [...keys];
    this.#change(watched, (watchers) => [...watchers, watcher]);
    const unwatch = () => this.#change(watched, (watchers) => watchers.filter((other) => other !== watcher));
    signal.addEventListener("abort", unwatch, { once: true });
  }

  emit(event: SubtaskEvent): void {
    if (!this.#byKey.has(event.key)) return;
    if (this.#isDelivering) {
      this.#pending.push(event);
      return;
    }
    this.#isDelivering = true;
    for (let next: SubtaskEvent | undefined = event; next !== undefined; next = this.#pending.shift()) this.#deliver(next);
    this.#isDelivering = false;
  }

  #deliver(event: SubtaskEvent): void {
    for (const { listener, signal } of this.#byKey.get(event.key) ?? []) {
      if (signal.aborted) continue;
      try {
        listener(event);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  #change(keys: readonly string[], change: (watchers: readonly Watcher[]) => readonly Watcher[]): void {
    const changed = new Map<readonly Watcher[], readonly Watcher[]>();
    for (const key of keys) {
      const before = this.#byKey.get(key) ?? nobody;
      let after = changed.get(before);
      if (after === undefined) {
        after = change(before);
        changed.set(before, after);
      }
      if (after.length > 0) this.#byKey.set(key, after);
      else this.#byKey.delete(key);
    }
  }
}

const nobody: readonly Watcher[] = [];
