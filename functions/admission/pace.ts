/** How fast a count grew in the last seconds, from looks at it at any times. */

interface Look {
  /** Milliseconds, on any clock. */
  readonly at: number;
  readonly count: number;
}

/** Milliseconds between looks that are kept, and from the first to the last of those that a pace is told of. */
const keepEvery = 250;
const shortest = 1_000;
const longest = 10_000;
/** A count that grew by less tells no pace. */
const fewest = 16;

export class Pace {
  /** Oldest first, none older than `longest`. */
  readonly #looks: Look[] = [];

  note(count: number, at: number): void {
    while (this.#looks.length > 0 && at - this.#looks[0]!.at > longest) this.#looks.shift();
    const last = this.#looks.at(-1);
    if (last === undefined || at - last.at >= keepEvery) this.#looks.push({ at, count });
  }

  /** Undefined where it was not looked at for long enough, or grew by too little to tell. */
  get perSecond(): number | undefined {
    const [first] = this.#looks;
    const last = this.#looks.at(-1);
    if (first === undefined || last === undefined || last.at - first.at < shortest || last.count - first.count < fewest) return undefined;
    return ((last.count - first.count) / (last.at - first.at)) * 1000;
  }
}
