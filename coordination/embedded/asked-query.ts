/** A query that has live subtasks, and who asks for it. */
import type { Place } from "../queue/waiting-order.ts";
import type { SubtaskEntry } from "./subtask-entry.ts";
import type { Recorded } from "./write-behind.ts";

export interface AskRecord {
  readonly ask: { readonly query: number; readonly queryId: string; readonly client: string; readonly priority: number };
}

/** One client's interest in a query. */
export class Ask implements Recorded, Place {
  readonly number: number;
  readonly query: AskedQuery;
  readonly client: string;
  readonly priority: number;

  constructor(number: number, query: AskedQuery, { client, priority }: Place) {
    this.number = number;
    this.query = query;
    this.client = client;
    this.priority = priority;
  }

  record(): string | undefined {
    const { query, client, priority } = this;
    if (query.asks.get(client) !== this) return undefined;
    return JSON.stringify({ ask: { query: query.number, queryId: query.id, client, priority } } satisfies AskRecord);
  }
}

export class AskedQuery {
  readonly number: number;
  readonly id: string;
  /** By client, in the order they asked. */
  readonly asks = new Map<string, Ask>();
  /** Its subtasks that are unowned or owned. */
  readonly entries = new Set<SubtaskEntry>();
  /** What `SubtaskEntry.queries` is where no other query asks: one list for all of them. */
  readonly alone: readonly AskedQuery[] = [this];
  /** Requests whose subtasks are still coming in. */
  arriving = 0;
  /** The ask with the lowest priority, the first of equals: where its subtasks wait. */
  best: Ask | undefined;

  constructor(number: number, id: string) {
    this.number = number;
    this.id = id;
  }

  /** Gives what it replaces. True in `moved` where its subtasks wait elsewhere now. */
  setAsk(ask: Ask): { readonly replaced: Ask | undefined; readonly moved: boolean } {
    const replaced = this.asks.get(ask.client);
    this.asks.set(ask.client, ask);
    return { replaced, moved: this.#updateBest() };
  }

  removeAsk(client: string): { readonly moved: boolean } {
    this.asks.delete(client);
    return { moved: this.#updateBest() };
  }

  #updateBest(): boolean {
    const before = this.best;
    this.best = undefined;
    for (const ask of this.asks.values()) {
      if (this.best === undefined || ask.priority < this.best.priority) this.best = ask;
    }
    return before?.priority !== this.best?.priority || before?.client !== this.best?.client;
  }
}
