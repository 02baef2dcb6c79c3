/** A map, bounded in number and weight of its values, that forgets what was used least recently. */
export interface RecentOptions<Value> {
  /** Values that it denies stay beyond the bounds. */
  readonly mayForget?: (value: Value) => boolean;
  readonly forget?: (value: Value) => void;
  /** The same for a value at any time; 1 where it is left out. */
  readonly weigh?: (value: Value) => number;
  /** Sum of weights; one value alone may have more. */
  readonly mostWeight?: number;
}

export class Recent<Value> {
  readonly #values = new Map<string, Value>();
  readonly #most: number;
  readonly #mostWeight: number;
  readonly #weigh: (value: Value) => number;
  readonly #mayForget: (value: Value) => boolean;
  readonly #forget: (value: Value) => void;
  #weight = 0;

  constructor(most: number, options: RecentOptions<Value> = {}) {
    this.#most = most;
    this.#mostWeight = options.mostWeight ?? Number.POSITIVE_INFINITY;
    this.#weigh = options.weigh ?? (() => 1);
    this.#mayForget = options.mayForget ?? (() => true);
    this.#forget = options.forget ?? (() => undefined);
  }

  get(key: string): Value | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.#take(key);
    this.#values.set(key, value);
    this.#weight += this.#weigh(value);
    if (!this.#isOver()) return;
    for (const [oldKey, old] of this.#values) {
      if (oldKey === key || !this.#mayForget(old)) continue;
      this.delete(oldKey);
      if (!this.#isOver()) return;
    }
  }

  delete(key: string): void {
    const value = this.#take(key);
    if (value !== undefined) this.#forget(value);
  }

  #isOver(): boolean {
    return this.#values.size > this.#most || this.#weight > this.#mostWeight;
  }

  #take(key: string): Value | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#weight -= this.#weigh(value);
    return value;
  }
}
