/**
 * All subtasks and queries of a coordinator, in memory; every change of state happens here, at once and whole. States and exits: `coordinator.ts`.
 * Tells `emit` of every change that watchers hear of, `mark` of everything whose record changed.
 *
 * A subtask waits in the line of the client and priority of the best interest in it. Failed ones are kept up to `mostFailed`, the oldest forgotten first.
 */
import type { Subtask, SubtaskEvent, SubtaskRequest } from "../coordinator.ts";
import { type ClaimEnd, decideEnd, describeFailure, noAttempts, type Verdict } from "../queue/claim-end.ts";
import { ClaimQueue } from "../queue/claim-queue.ts";
import { LinkedList } from "../queue/linked-list.ts";
import { type EntryClaim, Interest, ProgramEntry, QueryEntry, SubtaskEntry } from "./entries.ts";
import type { Recorded } from "./write-behind.ts";

export interface SubtaskTableOptions {
  readonly emit: (event: SubtaskEvent) => void;
  readonly mark: (item: Recorded) => void;
  readonly mostFailed: number;
}

export class SubtaskTable {
  readonly entries = new Map<string, SubtaskEntry>();
  readonly queries = new Map<string, QueryEntry>();
  readonly queue = new ClaimQueue<SubtaskEntry>();
  readonly failed = new LinkedList<SubtaskEntry>();
  readonly #options: SubtaskTableOptions;
  readonly #programs = new Map<string, ProgramEntry>();
  #owned = 0;
  #lastNumber = 0;

  constructor(options: SubtaskTableOptions) {
    this.#options = options;
  }

  /** How many subtasks are unowned or owned. */
  get live(): number {
    return this.queue.size + this.#owned;
  }

  /** No number up to this one is given again. */
  reserveNumber(number: number): void {
    this.#lastNumber = Math.max(this.#lastNumber, number);
  }

  /** A client shows interest in a query. `moved`: call `move` on its entries. */
  want({ queryId, client, priority }: Omit<SubtaskRequest, "subtasks">, renewed: number) {
    const query = this.queries.get(queryId) ?? new QueryEntry(this.#nextNumber(), queryId);
    this.queries.set(queryId, query);
    const known = query.interests.get(client);
    if (known?.priority === priority) {
      this.renew(known, renewed);
      return { query, moved: false };
    }
    const interest = new Interest(this.#nextNumber(), query, { client, priority, renewed });
    const { replaced, moved } = query.setInterest(interest);
    if (replaced !== undefined) this.#options.mark(replaced);
    this.#options.mark(interest);
    return { query, moved };
  }

  renew(interest: Interest, renewed: number): void {
    interest.renewed = renewed;
    this.#options.mark(interest);
  }

  /** With the last interest the query is gone: call `detach` on its entries. `moved`: call `move` on them. */
  unwant(query: QueryEntry, client: string): { readonly moved: boolean } {
    const interest = query.interests.get(client);
    if (interest === undefined) return { moved: false };
    const { moved } = query.removeInterest(client);
    this.#options.mark(interest);
    if (query.interests.size > 0) return { moved };
    this.queries.delete(query.id);
    return { moved: false };
  }

  /** Forgets a query that has no live subtasks and awaits none. */
  forgetIfIdle(query: QueryEntry): void {
    if (query.entries.size > 0 || query.arriving > 0 || this.queries.get(query.id) !== query) return;
    for (const client of [...query.interests.keys()]) this.unwant(query, client);
  }

  /** Creates a subtask that a query needs, or joins it. A failed one stays as it is. */
  admit(subtask: Subtask, query: QueryEntry): "queued" | "joined" {
    const known = this.entries.get(subtask.key);
    if (known !== undefined) {
      if (known.kind !== "failed") this.#attach(known, query);
      return "joined";
    }
    const name = programName(subtask);
    const program = this.#programs.get(name) ?? new ProgramEntry(this.#nextNumber(), subtask);
    if (program.subtasks === 0) this.#options.mark(program);
    this.#programs.set(name, program);
    const entry = new SubtaskEntry(this.#nextNumber(), subtask, program);
    this.#add(entry);
    this.#attach(entry, query);
    this.#options.emit({ kind: "unowned", key: subtask.key });
    return "queued";
  }

  /** A program as a journal had it: call `forgetUnused` on it when its subtasks have come. */
  restoreProgram(program: ProgramEntry): void {
    this.#programs.set(programName(program.about), program);
  }

  forgetUnused(program: ProgramEntry): void {
    if (program.subtasks > 0) return;
    this.#programs.delete(programName(program.about));
    this.#options.mark(program);
  }

  /** A failed subtask as a journal had it. */
  restoreFailed(entry: SubtaskEntry): void {
    this.#add(entry);
    this.setFailed(entry);
  }

  /** A subtask as a journal had it; its record stays as it is. */
  restore(entry: SubtaskEntry, queries: readonly QueryEntry[]): void {
    this.#add(entry);
    entry.queries = queries.length === 1 ? queries[0]!.alone : queries;
    for (const query of queries) query.entries.add(entry);
    this.move(entry);
  }

  /** A failed subtask waits again, as if it had never been tried. False where it is not failed. */
  retry(key: string, query: QueryEntry): boolean {
    const entry = this.entries.get(key);
    if (entry?.kind !== "failed") return false;
    this.failed.remove(entry);
    entry.kind = "unowned";
    entry.attempts = noAttempts;
    this.#attach(entry, query);
    this.#options.emit({ kind: "unowned", key });
    return true;
  }

  /** Interest in a subtask is other than it was. */
  move(entry: SubtaskEntry): void {
    if (entry.kind === "unowned") this.queue.move(entry);
  }

  /** A query no longer needs a subtask. Withdraws what no client is interested in: a waiting one is gone, an owned one told to stop. */
  detach(entry: SubtaskEntry, query: QueryEntry): void {
    if (!query.entries.delete(entry)) return;
    entry.queries = entry.queries.filter((other) => other !== query);
    this.#options.mark(entry);
    if (entry.queries.length > 0) {
      this.move(entry);
      return;
    }
    if (entry.kind === "unowned") this.#remove(entry);
    entry.claim?.stop(new Error(`subtask ${entry.subtask.key} was withdrawn: no client is interested in it any more`));
    this.#options.emit({ kind: "withdrawn", key: entry.subtask.key });
  }

  /** A subtask that was taken out of the queue is claimed. */
  own(entry: SubtaskEntry, claim: EntryClaim): void {
    entry.kind = "owned";
    entry.claim = claim;
    this.#owned++;
    this.#options.emit({ kind: "loading", key: entry.subtask.key });
  }

  /** Computing begins. */
  begin(entry: SubtaskEntry, claim: EntryClaim): void {
    if (entry.claim !== claim || !claim.isLoading) return;
    claim.isLoading = false;
    this.#options.mark(entry);
    this.#options.emit({ kind: "running", key: entry.subtask.key });
  }

  /** Undefined where the subtask is not under this claim any more. Where it is unowned again, the caller puts it back into the queue. */
  end(entry: SubtaskEntry, claim: EntryClaim, end: ClaimEnd): Verdict | undefined {
    if (entry.claim !== claim) return undefined;
    const { key } = entry.subtask;
    const verdict = decideEnd(end, {
      attempts: entry.attempts,
      wanted: entry.queries.length > 0,
      begun: !claim.isLoading,
      stopped: claim.signal.aborted,
    });
    entry.claim = undefined;
    this.#owned--;
    this.#options.mark(entry);
    if ("attempts" in verdict) entry.attempts = verdict.attempts;
    switch (verdict.kind) {
      case "done":
        this.#remove(entry);
        this.#options.emit({ kind: "done", key });
        break;
      case "withdrawn":
        this.#remove(entry);
        break;
      case "unowned":
        entry.kind = "unowned";
        this.#options.emit({ kind: "unowned", key });
        break;
      case "failed":
        this.setFailed(entry);
        this.#options.emit({ kind: "failed", key, failure: describeFailure(verdict.attempts) });
    }
    return verdict;
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

  #attach(entry: SubtaskEntry, query: QueryEntry): void {
    if (entry.queries.includes(query)) return;
    entry.queries = entry.queries.length === 0 ? query.alone : [...entry.queries, query];
    query.entries.add(entry);
    this.#options.mark(entry);
    this.move(entry);
  }

  #add(entry: SubtaskEntry): void {
    this.entries.set(entry.subtask.key, entry);
    entry.program.subtasks++;
  }

  #remove(entry: SubtaskEntry): void {
    this.queue.remove(entry);
    this.#leaveQueries(entry);
    entry.kind = "absent";
    this.entries.delete(entry.subtask.key);
    entry.program.subtasks--;
    this.forgetUnused(entry.program);
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

const programName = ({ programKey, dataset }: Pick<Subtask, "programKey" | "dataset">): string => JSON.stringify([programKey, dataset]);
