/** A bounded map that forgets what was used least recently. */
export class Recent<Value> {
  readonly #values = new Map<string, Value>();
  readonly #most: number;
  readonly #mayForget: (value: Value) => boolean;
  readonly #forget: (value: Value) => void;

  /** Values that `mayForget` denies stay beyond `most`. */
  constructor(most: number, options: { readonly mayForget?: (value: Value) => boolean; readonly forget?: (value: Value) => void } = {}) {
    this.#most = most;
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
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size <= this.#most) return;
    for (const [oldKey, old] of this.#values) {
      if (oldKey === key || !this.#mayForget(old)) continue;
      this.delete(oldKey);
      if (this.#values.size <= this.#most) return;
    }
  }

  delete(key: string): void {
    const value = this.#values.get(key);
    if (value === undefined) return;
    this.#values.delete(key);
    this.#forget(value);
  }
}
