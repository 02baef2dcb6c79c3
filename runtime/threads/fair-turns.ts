/**
 * Who has a processor next, of the runs that are ready to compute. Pure: times are given.
 *
 * Clients share the time of the threads by weights that their priorities give: twice as much for every hundred below. Among the runs of one client its
 * queries share alike. Who comes counts as having had as much as the one that had least of those who are there: nobody saves up time, and nobody starves.
 * What is short can begin at once beside what is long, and what is long is not switched more often than is worth it: a run that is fresh goes before
 * others that have had up to a slice less; but for those of its own query: what has a thread keeps it busy, and threads are left for others.
 */

import type { Payer } from "../../functions/compute/executor.ts";

/** A run that is ready: it waits for a thread, or has one. */
export interface Contender {
  readonly payer: Payer;
  /** What tells a client's queries apart. */
  readonly query: string;
  /** It has had its turn for less than a slice, or never yet. */
  readonly isFresh: boolean;
}

/** Milliseconds for which a run keeps its turn, about, while others wait. */
export const slice = 50;

export const usualPayer: Payer = { client: "", priority: 500 };

const weightOf = ({ priority }: Payer): number => 2 ** ((usualPayer.priority - priority) / 100);

/** Weighted milliseconds that each of several has had. */
class TimeHad {
  readonly #entries = new Map<string, { had: number; runs: number }>();

  enter(name: string): void {
    const entry = this.#entries.get(name);
    if (entry) entry.runs++;
    else this.#entries.set(name, { had: this.#least(), runs: 1 });
  }

  leave(name: string): void {
    const entry = this.#entries.get(name)!;
    if (--entry.runs === 0) this.#entries.delete(name);
  }

  charge(name: string, time: number): void {
    this.#entries.get(name)!.had += time;
  }

  had(name: string): number {
    return this.#entries.get(name)!.had;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  #least(): number {
    return this.#entries.size === 0 ? 0 : Math.min(...[...this.#entries.values()].map(({ had }) => had));
  }
}

export class Turns {
  readonly #clients = new TimeHad();
  readonly #queries = new Map<string, TimeHad>();

  /** Each run enters once, and leaves once when it has ended. */
  enter({ payer: { client }, query }: Contender): void {
    this.#clients.enter(client);
    const queries = this.#queries.get(client) ?? new TimeHad();
    this.#queries.set(client, queries);
    queries.enter(query);
  }

  leave({ payer: { client }, query }: Contender): void {
    this.#clients.leave(client);
    const queries = this.#queries.get(client)!;
    queries.leave(query);
    if (queries.isEmpty) this.#queries.delete(client);
  }

  /** It had a processor for so many milliseconds. */
  charge({ payer, query }: Contender, milliseconds: number): void {
    this.#clients.charge(payer.client, milliseconds / weightOf(payer));
    this.#queries.get(payer.client)!.charge(query, milliseconds);
  }

  /** Those of all that have their turn, `most` of them: each counts what those before it are about to have. Of equals those that stand first. */
  choose<T extends Contender>(all: readonly T[], most: number): ReadonlySet<T> {
    const chosen = new Set<T>();
    while (chosen.size < Math.min(most, all.length)) {
      const next = all.filter((run) => !chosen.has(run)).reduce((best, run) => (this.#compare(run, best) < 0 ? run : best));
      chosen.add(next);
      this.charge(next, slice);
    }
    for (const run of chosen) this.charge(run, -slice);
    return chosen;
  }

  /** Those first who have had least. */
  order<T extends Contender>(all: readonly T[]): readonly T[] {
    return all.toSorted((a, b) => this.#compare(a, b));
  }

  #compare(a: Contender, b: Contender): number {
    const { client } = a.payer;
    const fresh = (Number(b.isFresh) - Number(a.isFresh)) * slice;
    if (client !== b.payer.client) return this.#clients.had(client) - this.#clients.had(b.payer.client) + fresh;
    // A query gains nothing by another of its runs that would take up a thread.
    if (a.query === b.query) return 0;
    const queries = this.#queries.get(client)!;
    return queries.had(a.query) - queries.had(b.query) + fresh;
  }
}
