/** The subtasks that wait, by their partition: those of several programs over one are claimed together. */
import type { Subtask } from "../coordinator.ts";

interface OverPartition {
  readonly subtask: Subtask;
}

export class SamePartition<T extends OverPartition> {
  /** By fingerprint; most partitions have one that waits. */
  readonly #waiting = new Map<string, T | Set<T>>();

  add(item: T): void {
    const { fingerprint } = item.subtask;
    const known = this.#waiting.get(fingerprint);
    if (known === undefined) this.#waiting.set(fingerprint, item);
    else if (known instanceof Set) known.add(item);
    else if (known !== item) this.#waiting.set(fingerprint, new Set([known, item]));
  }

  remove(item: T): void {
    const { fingerprint } = item.subtask;
    const known = this.#waiting.get(fingerprint);
    if (known === item) this.#waiting.delete(fingerprint);
    if (!(known instanceof Set)) return;
    known.delete(item);
    if (known.size === 0) this.#waiting.delete(fingerprint);
  }

  /** Those that wait over the same partition of the same dataset, first come first. */
  of({ subtask: { fingerprint, dataset } }: T): readonly T[] {
    const known = this.#waiting.get(fingerprint);
    const all = known === undefined ? [] : known instanceof Set ? [...known] : [known];
    return all.filter(({ subtask }) => subtask.dataset === dataset);
  }
}
