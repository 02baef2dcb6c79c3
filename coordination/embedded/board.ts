/**
 * All subtasks and queries of a coordinator, in memory; every change of state happens here, at once and whole. States and exits: `coordinator.ts`.
 * Tells `emit` of every change that watchers hear of, `mark` of everything whose record changed.
 *
 * A subtask waits in the line of the client and priority of its best ask. One that comes back from a claim without an error of its own goes to
 * the start of its line, after an error to the end. Failed ones are kept up to `mostFailed`, the oldest forgotten first.
 */

import type { Subtask, SubtaskEvent, SubtaskRequest } from "../coordinator.ts";
import { type ClaimEnd, decideEnd, describeFailure, noAttempts } from "../queue/claim-end.ts";
import { LinkedList } from "../queue/linked-list.ts";
import { type Place, WaitingOrder } from "../queue/waiting-order.ts";
import { Ask, AskedQuery } from "./asked-query.ts";
import { type Hold, SubtaskEntry } from "./subtask-entry.ts";
import type { Recorded } from "./write-behind.ts";

export interface BoardOptions {
  readonly emit: (event: SubtaskEvent) => void;
  readonly mark: (item: Recorded) => void;
  readonly mostFailed: number;
}

export class Board {
  readonly entries = new Map<string, SubtaskEntry>();
  readonly queries = new Map<string, AskedQuery>();
  readonly order = new WaitingOrder<SubtaskEntry>();
  readonly failed = new LinkedList<SubtaskEntry>();
  readonly #options: BoardOptions;
  #owned = 0;
  #lastNumber = 0;

  constructor(options: BoardOptions) {
    this.#options = options;
  }

  counts(): { readonly unowned: number; readonly owned: number; readonly failed: number } {
    return { unowned: this.order.size, owned: this.#owned, failed: this.failed.size };
  }

  /** No number up to this one is given again. */
  reserveNumber(number: number): void {
    this.#lastNumber = Math.max(this.#lastNumber, number);
  }

  /** A client asks for a query. `moved`: call `place` on its entries. */
  ask({ queryId, client, priority }: Omit<SubtaskRequest, "subtasks">): { readonly query: AskedQuery; readonly moved: boolean } {
    const query = this.queries.get(queryId) ?? new AskedQuery(this.#nextNumber(), queryId);
    this.queries.set(queryId, query);
    const known = query.asks.get(client);
    if (known?.priority === priority) return { query, moved: false };
    return { query, moved: this.setAsk(new Ask(this.#nextNumber(), query, { client, priority })) };
  }

  setAsk(ask: Ask): boolean {
    const { replaced, moved } = ask.query.setAsk(ask);
    if (replaced !== undefined) this.#options.mark(replaced);
    this.#options.mark(ask);
    return moved;
  }

  /** With the last ask the query is gone: call `detach` on its entries. `moved`: call `place` on them. */
  unask(query: AskedQuery, client: string): { readonly moved: boolean } {
    const ask = query.asks.get(client);
    if (ask === undefined) return { moved: false };
    const { moved } = query.removeAsk(client);
    this.#options.mark(ask);
    if (query.asks.size > 0) return { moved };
    this.queries.delete(query.id);
    return { moved: false };
  }

  /** Forgets a query that has no live subtasks and awaits none. */
  forgetIfIdle(query: AskedQuery): void {
    if (query.entries.size > 0 || query.arriving > 0 || this.queries.get(query.id) !== query) return;
    for (const client of [...query.asks.keys()]) this.unask(query, client);
  }

  /** Creates a subtask that a query asks for, or joins it. A failed one stays as it is. */
  admit(subtask: Subtask, query: AskedQuery): "queued" | "joined" {
    const known = this.entries.get(subtask.key);
    if (known !== undefined) {
      if (known.kind !== "failed") this.#attach(known, query);
      return "joined";
    }
    const entry = new SubtaskEntry(this.#nextNumber(), subtask);
    this.entries.set(subtask.key, entry);
    this.#attach(entry, query);
    this.#options.emit({ kind: "unowned", key: subtask.key });
    return "queued";
  }

  /** A subtask as a journal had it; its record stays as it is. */
  restore(entry: SubtaskEntry, queries: readonly AskedQuery[]): void {
    this.entries.set(entry.subtask.key, entry);
    entry.queries = queries.length === 1 ? queries[0]!.alone : queries;
    for (const query of queries) query.entries.add(entry);
    this.place(entry);
  }

  /** A failed subtask waits again, as if it had never been tried. False where it is not failed. */
  retry(key: string, query: AskedQuery): boolean {
    const entry = this.entries.get(key);
    if (entry?.kind !== "failed") return false;
    this.failed.remove(entry);
    entry.kind = "unowned";
    entry.attempts = noAttempts;
    this.#attach(entry, query);
    this.#options.emit({ kind: "unowned", key });
    return true;
  }

  /** Puts a waiting subtask where its best ask says. */
  place(entry: SubtaskEntry): void {
    if (entry.kind !== "unowned") return;
    const place = bestPlace(entry);
    const now = this.order.placeOf(entry);
    if (now?.priority === place.priority && now.client === place.client) return;
    this.order.remove(entry);
    this.order.add(entry, place);
  }

  /** A query no longer asks for a subtask. Withdraws what nobody asks for: a waiting one is gone, an owned one told to stop. */
  detach(entry: SubtaskEntry, query: AskedQuery): void {
    if (!query.entries.delete(entry)) return;
    entry.queries = entry.queries.filter((other) => other !== query);
    this.#options.mark(entry);
    if (entry.queries.length > 0) {
      this.place(entry);
      return;
    }
    if (entry.kind === "unowned") this.#remove(entry);
    entry.hold?.controller.abort(new Error(`subtask ${entry.subtask.key} was withdrawn: nobody asks for it any more`));
    this.#options.emit({ kind: "withdrawn", key: entry.subtask.key });
  }

  /** A waiting subtask is the node's from now on. */
  own(entry: SubtaskEntry, node: string): Hold {
    this.order.take(entry);
    const hold: Hold = { node, controller: new AbortController(), loading: true };
    entry.kind = "owned";
    entry.hold = hold;
    this.#owned++;
    this.#options.emit({ kind: "loading", key: entry.subtask.key });
    return hold;
  }

  /** Computing begins. */
  begin(entry: SubtaskEntry, hold: Hold): void {
    if (entry.hold !== hold || !hold.loading) return;
    hold.loading = false;
    this.#options.mark(entry);
    this.#options.emit({ kind: "running", key: entry.subtask.key });
  }

  /** False where the hold is no longer the subtask's. */
  end(entry: SubtaskEntry, hold: Hold, end: ClaimEnd): boolean {
    if (entry.hold !== hold) return false;
    const { key } = entry.subtask;
    const verdict = decideEnd(end, {
      attempts: entry.attempts,
      wanted: entry.queries.length > 0,
      begun: !hold.loading,
      stopped: hold.controller.signal.aborted,
    });
    entry.hold = undefined;
    this.#owned--;
    this.#options.mark(entry);
    switch (verdict.kind) {
      case "done":
        this.#remove(entry);
        this.#options.emit({ kind: "done", key });
        return true;
      case "withdrawn":
        this.#remove(entry);
        return true;
      case "unowned":
        entry.kind = "unowned";
        entry.attempts = verdict.attempts;
        this.order.add(entry, bestPlace(entry), { first: end.kind !== "fail" });
        this.#options.emit({ kind: "unowned", key });
        return true;
      case "failed":
        entry.attempts = verdict.attempts;
        this.setFailed(entry);
        this.#options.emit({ kind: "failed", key, failure: describeFailure(verdict.attempts) });
        return true;
    }
  }

  setFailed(entry: SubtaskEntry): void {
    this.#leaveQueries(entry);
    entry.kind = "failed";
    this.failed.append(entry);
    if (this.failed.size <= this.#options.mostFailed) return;
    const oldest = this.failed.first!;
    this.failed.remove(oldest);
    this.#options.mark(oldest);
    this.#remove(oldest);
  }

  #attach(entry: SubtaskEntry, query: AskedQuery): void {
    if (entry.queries.includes(query)) return;
    entry.queries = entry.queries.length === 0 ? query.alone : [...entry.queries, query];
    query.entries.add(entry);
    this.#options.mark(entry);
    this.place(entry);
  }

  #remove(entry: SubtaskEntry): void {
    this.order.remove(entry);
    this.#leaveQueries(entry);
    entry.kind = "absent";
    this.entries.delete(entry.subtask.key);
  }

  #leaveQueries(entry: SubtaskEntry): void {
    for (const query of entry.queries) {
      query.entries.delete(entry);
      this.forgetIfIdle(query);
    }
    entry.queries = [];
  }

  #nextNumber(): number {
    this.#lastNumber++;
    return this.#lastNumber;
  }
}

/** Of the best asks of its queries the lowest, the first of equals. A query that was withdrawn but not detached yet has none. */
function bestPlace(entry: SubtaskEntry): Place {
  let best: Place | undefined;
  for (const query of entry.queries) {
    if (query.best !== undefined && (best === undefined || query.best.priority < best.priority)) best = query.best;
  }
  return best ?? lastPlace;
}

const lastPlace: Place = { priority: 999, client: "" };
