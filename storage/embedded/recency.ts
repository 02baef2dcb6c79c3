/**
 * When keys were last used, in memory, so that a read need not write. Holds between `capacity` and twice as many keys, those used last;
 * what it forgets counts as used when the disk says.
 */
export class Recency {
  readonly #capacity: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  set(key: string, stamp: number): void {
    if (this.#young.size >= this.#capacity && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, stamp);
  }

  get(key: string): number | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
