/** Measures how fast a count grew in the last seconds, from readings at irregular times. */

interface Look {
  /** In milliseconds, on any clock. */
  readonly at: number;
  readonly count: number;
}

/** In milliseconds: the least time between kept readings, and the least and the most time from the first to the last one. */
const keepEvery = 250;
const shortest = 1_000;
const longest = 10_000;
/** The least growth of the count that gives a pace. */
const fewest = 16;

export class Pace {
  /** Oldest first, none older than `longest`. */
  readonly #looks: Look[] = [];

  note(count: number, at: number): void {
    while (this.#looks.length > 0 && at - this.#looks[0]!.at > longest) this.#looks.shift();
    const last = this.#looks.at(-1);
    if (last === undefined || at - last.at >= keepEvery) this.#looks.push({ at, count });
  }

  /** The growth per second; undefined if the readings span too short a time or the count grew too little. */
  get perSecond(): number | undefined {
    const [first] = this.#looks;
    const last = this.#looks.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < shortest || last.count - first.count < fewest) return undefined;
    return ((last.count - first.count) / (last.at - first.at)) * 1000;
  }
}
