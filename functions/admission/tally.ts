/**
 * Counts what is going on, in all and by client, and refuses what would exceed a limit: 429 where the client has too much of it, 503 where
 * everybody together has. Memory: one entry for each client that has something going on.
 */

import { HttpProblem } from "../http/problem.ts";
import type { Meter } from "../metrics/meter.ts";
import type { LabelOf } from "../metrics/metrics.ts";

type Limit = LabelOf<"femtoq_refused_total">;

export interface TallyOptions {
  /** What is counted, as an error calls it: `queries under way`. */
  readonly what: string;
  readonly most: number;
  readonly mostOfClient: number;
  readonly limits: { readonly all: Limit; readonly client: Limit };
  readonly meter?: Meter | undefined;
}

export class Tally {
  readonly #options: TallyOptions;
  readonly #byClient = new Map<string, number>();
  #all = 0;

  constructor(options: TallyOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#all;
  }

  /** Counts one more until what is given is disposed of, once or more often. Throws `HttpProblem` where that would exceed a limit. */
  enter(client: string): Disposable {
    const { what, most, mostOfClient, limits, meter } = this.#options;
    const own = this.#byClient.get(client) ?? 0;
    if (own >= mostOfClient) {
      meter?.count("femtoq_refused_total", limits.client);
      throw new HttpProblem(429, "too-many", `You have ${own} ${what}, and the most is ${mostOfClient}: ask again when some have ended.`);
    }
    if (this.#all >= most) {
      meter?.count("femtoq_refused_total", limits.all);
      throw new HttpProblem(503, "overloaded", `This server has ${this.#all} ${what}, and the most is ${most}: ask again soon.`);
    }
    this.#all++;
    this.#byClient.set(client, own + 1);
    let isIn = true;
    const leave = () => {
      if (!isIn) return;
      isIn = false;
      this.#all--;
      const left = this.#byClient.get(client)! - 1;
      if (left > 0) this.#byClient.set(client, left);
      else this.#byClient.delete(client);
    };
    return { [Symbol.dispose]: leave };
  }
}
