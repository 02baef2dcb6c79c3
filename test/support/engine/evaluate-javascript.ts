/** Expressions as JavaScript itself takes them: over arrays that have the language's other methods, and records that know their four-vector. */
import type { Value } from "./interpret-expression.ts";
import { literalPower, numberFunctions, orderBy } from "./reference-functions.ts";
import { addRecords, differences, makeRecord, totalOf } from "./reference-records.ts";
import { spend } from "./step-budget.ts";

type Callback = (...args: readonly unknown[]) => unknown;

/** An array with the methods that JavaScript's has not. */
export class List extends Array<unknown> {
  #numbers(get: Callback | undefined): number[] {
    return (get ? [...this.map(get)] : [...this]) as number[];
  }

  sum(get?: Callback): number {
    return this.#numbers(get).reduce((sum, value) => sum + value, 0);
  }

  min(get?: Callback): number | undefined {
    return this.length === 0 ? undefined : Math.min(...this.#numbers(get));
  }

  max(get?: Callback): number | undefined {
    return this.length === 0 ? undefined : Math.max(...this.#numbers(get));
  }

  product(get?: Callback): number {
    return this.#numbers(get).reduce((product, value) => product * value, 1);
  }

  mean(get?: Callback): number | undefined {
    return this.length === 0 ? undefined : this.sum(get) / this.length;
  }

  minBy(get: Callback): unknown {
    return this[pickBy(this.#numbers(get), (value, best) => value < best)];
  }

  maxBy(get: Callback): unknown {
    return this[pickBy(this.#numbers(get), (value, best) => value > best)];
  }

  sortBy(get: Callback): List {
    const order = orderBy(this.#numbers(get));
    return (this instanceof Tuples ? Tuples : List).from(order, (index) => this[index]) as List;
  }

  any(test: Callback = Boolean): boolean {
    return this.some(test);
  }

  all(test: Callback = Boolean): boolean {
    return this.every(test);
  }

  count(test: Callback): number {
    return this.filter(test).length;
  }

  /** Concatenates the lists; the elements are tuples if theirs are. */
  joined(get: Callback): List {
    const lists = Array.from(this, this instanceof Tuples ? Tuples.spread(get) : get) as List[];
    return (lists.some((list) => list instanceof Tuples) ? Tuples : List).from(lists.flat()) as List;
  }

  /** Concatenates lists; the elements are tuples if those of either list are. */
  override concat(...lists: readonly unknown[]): List {
    return (this instanceof Tuples || lists.some((list) => list instanceof Tuples) ? Tuples : List).from([this, ...lists].flat()) as List;
  }

  pairs(): Tuples {
    spend(choose(this.length, 2));
    const pairs = new Tuples();
    for (let i = 0; i < this.length; i++) for (let j = i + 1; j < this.length; j++) pairs.push([this[i], this[j]]);
    return pairs;
  }

  cross(other: List): Tuples {
    spend(this.length * other.length);
    return Tuples.from(this.flatMap((a) => other.map((b) => [a, b]))) as Tuples;
  }

  combinations(size: number): Tuples {
    const choose = (from: number, left: number): unknown[][] => {
      spend();
      if (left === 0) return [[]];
      return Array.from({ length: this.length - from }, (_, step) => from + step).flatMap((index) =>
        choose(index + 1, left - 1).map((rest) => [this[index], ...rest]),
      );
    };
    return Tuples.from(choose(0, size)) as Tuples;
  }

  triples(): Tuples {
    spend(choose(this.length, 3));
    const triples = new Tuples();
    for (let i = 0; i < this.length; i++)
      for (let j = i + 1; j < this.length; j++) for (let k = j + 1; k < this.length; k++) triples.push([this[i], this[j], this[k]]);
    return triples;
  }
}

/** Callbacks of several parameters take the members of a tuple, then its index. */
class Tuples extends List {
  static spread(callback: Callback): Callback {
    return callback.length > 1 ? (tuple, index) => callback(...(tuple as readonly unknown[]), index) : callback;
  }
}

const choose = (n: number, k: 2 | 3): number => (n * (n - 1) * (k === 2 ? 3 : n - 2)) / 6;

/** The index of the best number, the first of equals; -1 without any. NaN is none. */
function pickBy(values: readonly number[], isBetter: (value: number, best: number) => boolean): number {
  let picked = -1;
  for (const [index, value] of values.entries())
    if (!Number.isNaN(value) && (picked < 0 || isBetter(value, values[picked]))) picked = index;
  return picked;
}

for (const name of ["filter", "some", "every", "find"] as const) {
  Object.defineProperty(Tuples.prototype, name, {
    value(this: Tuples, callback: Callback) {
      return (List.prototype[name] as (callback: Callback) => unknown).call(this, Tuples.spread(callback));
    },
  });
}
Object.defineProperty(List.prototype, "flatMap", { value: List.prototype.joined });
Object.defineProperty(Tuples.prototype, "map", {
  value(this: Tuples, callback: Callback) {
    return List.from(Array.from(this, Tuples.spread(callback)));
  },
});

/** `Jet.pt` for every field that records of the tests have. */
export function addShorthands(fields: Iterable<string>): void {
  for (const field of fields) {
    Object.defineProperty(List.prototype, field, {
      configurable: true,
      get(this: List) {
        return this.map((record) => (record as Record<string, unknown>)[field]);
      },
    });
  }
}

const library: Readonly<Record<string, unknown>> = {
  ...numberFunctions,
  ...differences,
  isNaN: Number.isNaN,
  between: (x: number, least: number, most: number) => least <= x && x <= most,
  spend,
  record: makeRecord,
  plus: addRecords,
  totalOf,
  literalPower,
  pi: Math.PI,
  e: Math.E,
};

/** `col("MET_pt")`: a field of a record, or a member by itself. */
const columnOf = (event: object) => (name: string) => {
  const [record = "", field] = name.split("_");
  const member = (event as Record<string, unknown>)[record];
  return field === undefined ? member : (member as Record<string, unknown>)[field];
};

/** A function of an event's members, by the text of its defines and its value. */
export function compileJavaScript(
  defines: readonly (readonly [string, string])[],
  text: string,
  members: readonly string[],
): (event: object) => Value {
  const body = `"use strict"; ${defines.map(([name, value]) => `const ${name} = ${value};`).join(" ")} return ${text};`;
  const names = [...Object.keys(library), "col", ...members];
  const compiled = new Function(...names, body) as (...values: readonly unknown[]) => Value;
  const shared = Object.values(library);
  return (event) => compiled(...shared, columnOf(event), ...members.map((name) => (event as Record<string, unknown>)[name]));
}
