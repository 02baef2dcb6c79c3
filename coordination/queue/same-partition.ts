/** Finds waiting subtasks of the same partition, so that those of several programs can be claimed together. */
import type { Subtask } from "../coordinator.ts";

interface OverPartition {
  readonly subtask: Subtask;
}

export class SamePartition<T extends OverPartition> {
  /** The waiting subtasks by fingerprint. There is no set for a single one, as most partitions have. */
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

  /** The subtasks that wait for the same partition of the same dataset, in order of arrival. */
  of({ subtask: { fingerprint, dataset } }: T): readonly T[] {
    const known = this.#waiting.get(fingerprint);
    const all = known === undefined ? [] : known instanceof Set ? [...known] : [known];
    return all.filter(({ subtask }) => subtask.dataset === dataset);
  }
}
