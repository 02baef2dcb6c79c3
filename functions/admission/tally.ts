/**
 * Counts what is going on: in all, by address and by client. It refuses what would exceed a limit: 429 where the client or its address has too much of it,
 * 503 where everybody together has. A client gives itself its name, so an address has a limit of its own, a wider one, for many clients may share it.
 * Memory: one entry for each client and each address that has something going on, and a bounded number of those that had.
 */

import { HttpProblem } from "../http/problem.ts";
import type { Meter } from "../metrics/meter.ts";
import type { LabelOf } from "../metrics/metrics.ts";

type Limit = LabelOf<"femtoq_refused_total">;

/** Who asks. */
export interface Client {
  /**
   * What fairness goes by, and, together with the address, limits: `named:NAME` for the name that the page, the command line or a script gives itself in
   * `Femtoq-Client`, else `address:ADDRESS`.
   */
  readonly name: string;
  /** What interest goes by: the name, or `NAME/TAB` for one of the tabs of a browser (`Femtoq-Tab`), each of which follows queries and gives them up by itself. */
  readonly interest: string;
  /** Where the request came from; undefined where the host does not tell. */
  readonly address: string | undefined;
}

export interface TallyOptions {
  /** What is counted, as an error calls it: `queries under way`. */
  readonly what: string;
  readonly most: number;
  /** Of one client; without it, a client may have as much as its address. */
  readonly mostOfClient?: number;
  /** Of one address; twice of what one client may have, where absent. */
  readonly mostOfAddress?: number;
  readonly limits: { readonly all: Limit; readonly client: Limit };
  readonly meter?: Meter | undefined;
}

export interface Place extends Disposable {
  /** Counts so much more; throws as `enter` does. */
  grow(more: number): void;
}

/** So many clients and addresses are kept, also where they have nothing going on. */
const leastCounts = 1_000;

export class Tally {
  readonly #options: TallyOptions;
  readonly #mostOfAddress: number;
  /**
   * Zeros are removed some at a time: a map from which every request deletes what it added is built anew again and again, and each of these old tables
   * keeps, until the whole heap is collected, the next one and what was made about that time.
   */
  readonly #counts = new Map<string, number>();
  #mostCounts = leastCounts;
  #all = 0;

  constructor(options: TallyOptions) {
    this.#options = options;
    this.#mostOfAddress = options.mostOfAddress ?? 2 * (options.mostOfClient ?? Number.POSITIVE_INFINITY);
  }

  get size(): number {
    return this.#all;
  }

  /** Counts one more, or `amount`, until what is given is disposed of, once or more often. Throws `HttpProblem` where that would exceed a limit. */
  enter({ name, address }: Pick<Client, "name" | "address">, amount = 1): Place {
    const from = address === undefined ? undefined : networkOf(address);
    // A name is the client's own word: somebody else who says it elsewhere does not use up its share.
    const client = `${name} ${from ?? ""}`;
    let counted = 0;
    let isIn = true;
    const grow = (more: number) => {
      this.#refuseBeyond(client, from, more);
      if (isIn) this.#add(client, from, more);
      counted += more;
    };
    grow(amount);
    return {
      grow,
      [Symbol.dispose]: () => {
        if (isIn) this.#add(client, from, -counted);
        isIn = false;
      },
    };
  }

  #refuseBeyond(client: string, from: string | undefined, more: number): void {
    const { what, most, mostOfClient = Number.POSITIVE_INFINITY, limits, meter } = this.#options;
    const refuse = (status: 429 | 503, limit: Limit, detail: string) => {
      meter?.count("femtoq_refused_total", limit);
      throw new HttpProblem(status, status === 429 ? "too-many" : "overloaded", detail);
    };
    const own = this.#counts.get(client) ?? 0;
    if (own + more > mostOfClient)
      refuse(429, limits.client, `You have ${own} ${what}, and the most is ${mostOfClient}: ask again when some have ended.`);
    const shared = from === undefined ? 0 : (this.#counts.get(from) ?? 0);
    if (from !== undefined && shared + more > this.#mostOfAddress)
      refuse(
        429,
        limits.client,
        `Your address has ${shared} ${what}, and the most is ${this.#mostOfAddress}: ask again when some have ended.`,
      );
    if (this.#all + more > most) refuse(503, limits.all, `This server has ${this.#all} ${what}, and the most is ${most}: ask again soon.`);
  }

  #add(client: string, from: string | undefined, amount: number): void {
    this.#all += amount;
    this.#counts.set(client, (this.#counts.get(client) ?? 0) + amount);
    if (from !== undefined) this.#counts.set(from, (this.#counts.get(from) ?? 0) + amount);
    if (this.#counts.size <= this.#mostCounts) return;
    for (const [key, count] of this.#counts) if (count === 0) this.#counts.delete(key);
    this.#mostCounts = Math.max(leastCounts, 2 * this.#counts.size);
  }
}

/** What one user of the network has for itself: an IPv4 address, or of IPv6 the first 64 bits. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const first = head.split(":").filter((part) => part !== "");
  const last = (tail ?? "").split(":").filter((part) => part !== "");
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0");
  return [...first, ...zeros, ...last].slice(0, 4).join(":");
}
