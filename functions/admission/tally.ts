/**
 * Counts something that is under way: in all, for each address and for each client. It refuses more than a limit: with 429 if the client or its address has
 * too much, with 503 if all together have. Clients choose their own names, so each address has a limit, too; a wider one, since clients may share an
 * address. Memory: one entry for each client and address with a count, and a bounded number of entries with count 0.
 */

import { HttpProblem } from "../http/problem.ts";
import type { Meter } from "../metrics/meter.ts";
import type { LabelOf } from "../metrics/metrics.ts";

type Limit = LabelOf<"femtoq_refused_total">;

/** The client of a request. */
export interface Client {
  /**
   * The name to which fairness and, together with the address, limits apply: `named:NAME` for the name that the page, the command line or a script states in
   * `Femtoq-Client`, else `address:ADDRESS`.
   */
  readonly name: string;
  /** The name under which interest in queries is kept: the client's name, or `NAME/TAB` for a browser tab (`Femtoq-Tab`), since each tab has its own interest. */
  readonly interest: string;
  /** The address of the request; undefined if the host does not tell it. */
  readonly address: string | undefined;
}

export interface TallyOptions {
  /** What is counted, in the words of error messages: `queries under way`. */
  readonly what: string;
  readonly most: number;
  /** The most of one client; without it, a client may have as much as its address. */
  readonly mostOfClient?: number;
  /** The most of one address; if absent, twice as much as of one client. */
  readonly mostOfAddress?: number;
  readonly limits: { readonly all: Limit; readonly client: Limit };
  readonly meter?: Meter | undefined;
}

export interface Place extends Disposable {
  /** Counts this much more; throws as `enter` does. */
  grow(more: number): void;
}

/** Up to this many clients and addresses, entries with count 0 are kept. */
const leastCounts = 1_000;

export class Tally {
  readonly #options: TallyOptions;
  readonly #mostOfAddress: number;
  /**
   * By client and by address. Zeros are removed only now and then: if every request deleted its entry, the map would rebuild its table again and again, and
   * each old table would keep newer ones in memory until the next full garbage collection.
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

  /** Counts `amount` more until the returned place is disposed of; disposing of it twice does no harm. Throws `HttpProblem` if it would exceed a limit. */
  enter({ name, address }: Pick<Client, "name" | "address">, amount = 1): Place {
    const from = address === undefined ? undefined : networkOf(address);
    // Names are counted for each address, so that somebody elsewhere with the same name does not use up a client's share.
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

/** The part of an address that belongs to one user of the network: a whole IPv4 address, or the first 64 bits of an IPv6 address. */
function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.split("::");
  const first = head.split(":").filter((part) => part !== "");
  const last = (tail ?? "").split(":").filter((part) => part !== "");
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0");
  return [...first, ...zeros, ...last].slice(0, 4).join(":");
}
