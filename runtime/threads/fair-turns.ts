/**
 * Decides which of the runs that are ready to compute has a processor next. Pure: times are given.
 *
 * Clients share the time of the threads by weights, which double for every hundred that the priority number is lower. The queries of one client share
 * equally. A newcomer starts with the same time used as the present one that used least, so nobody saves up time and nobody starves.
 * Short runs can begin at once beside long ones, and long runs are not switched too often: a fresh run goes before others that have used up to a slice
 * less time. This does not hold among the runs of one query, so that it does not take up further threads.
 */

import type { Payer } from "../../functions/compute/executor.ts";

/** A run that is ready to compute: it waits for a thread or has one. */
export interface Contender {
  readonly payer: Payer;
  /** Identifies the query among those of the client. */
  readonly query: string;
  /** Whether its present turn is shorter than a slice, or it has had no turn yet. */
  readonly isFresh: boolean;
}

/** In milliseconds: how long a run keeps its turn, approximately, while others wait. */
export const slice = 50;

export const usualPayer: Payer = { client: "", priority: 500 };

const weightOf = ({ priority }: Payer): number => 2 ** ((usualPayer.priority - priority) / 100);

/** Counts the weighted milliseconds that each client or query has used. */
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

  /** Must be called once for each run, and `leave` once when it has ended. */
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

  /** Charges a run for its milliseconds on a processor. */
  charge({ payer, query }: Contender, milliseconds: number): void {
    this.#clients.charge(payer.client, milliseconds / weightOf(payer));
    this.#queries.get(payer.client)!.charge(query, milliseconds);
  }

  /** Chooses up to `most` runs to have a turn. Each choice counts as time used for the next ones. Among equals, earlier ones in `all` are chosen. */
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

  /** Sorts runs; those of clients and queries that have used least time come first. */
  order<T extends Contender>(all: readonly T[]): readonly T[] {
    return all.toSorted((a, b) => this.#compare(a, b));
  }

  #compare(a: Contender, b: Contender): number {
    const { client } = a.payer;
    const fresh = (Number(b.isFresh) - Number(a.isFresh)) * slice;
    if (client !== b.payer.client) return this.#clients.had(client) - this.#clients.had(b.payer.client) + fresh;
    // Runs of the same query are equal, since replacing one by another would only take up a further thread.
    if (a.query === b.query) return 0;
    const queries = this.#queries.get(client)!;
    return queries.had(a.query) - queries.had(b.query) + fresh;
  }
}
