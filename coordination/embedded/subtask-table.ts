/**
 * All subtasks and queries of a coordinator, in memory. Every change of state happens here, synchronously and completely; `coordinator.ts` lists the states.
 * It calls `emit` for every change that concerns watchers, and `mark` for everything whose record changed.
 *
 * A subtask waits in the line of the client and priority of the best interest in it. At most `mostFailed` failed ones are kept; the oldest are forgotten.
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

  /** The number of subtasks that are unowned or owned. */
  get live(): number {
    return this.queue.size + this.#owned;
  }

  /** Prevents numbers up to this one from being used again. */
  reserveNumber(number: number): void {
    this.#lastNumber = Math.max(this.#lastNumber, number);
  }

  /** Adds a client's interest in a query. If `moved`, the caller must call `move` for its entries. */
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

  /** Ends an interest. With the last one the query is gone, and the caller must call `detach` for its entries; if `moved`, it must call `move` for them. */
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

  /** Adds a program from the journal. The caller must call `forgetUnused` for it after adding its subtasks. */
  restoreProgram(program: ProgramEntry): void {
    this.#programs.set(programName(program.about), program);
  }

  forgetUnused(program: ProgramEntry): void {
    if (program.subtasks > 0) return;
    this.#programs.delete(programName(program.about));
    this.#options.mark(program);
  }

  /** Adds a failed subtask from the journal. */
  restoreFailed(entry: SubtaskEntry): void {
    this.#add(entry);
    this.setFailed(entry);
  }

  /** Adds a subtask from the journal, without changing its record. */
  restore(entry: SubtaskEntry, queries: readonly QueryEntry[]): void {
    this.#add(entry);
    entry.queries = queries.length === 1 ? queries[0]!.alone : queries;
    for (const query of queries) query.entries.add(entry);
    this.move(entry);
  }

  /** Makes a failed subtask wait again, as if it had never been tried. Returns false if it has not failed. */
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

  /** Moves a subtask to the line that it should wait in, after interest in it has changed. */
  move(entry: SubtaskEntry): void {
    if (entry.kind === "unowned") this.queue.move(entry);
  }

  /** Ends a query's need of a subtask. If no other query needs it, it is withdrawn: a waiting one is removed, an owned one is told to stop. */
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

  /** Makes a subtask owned by a claim, after it was taken out of the queue. */
  own(entry: SubtaskEntry, claim: EntryClaim): void {
    entry.kind = "owned";
    entry.claim = claim;
    this.#owned++;
    this.#options.emit({ kind: "loading", key: entry.subtask.key });
  }

  /** Records that computing begins. */
  begin(entry: SubtaskEntry, claim: EntryClaim): void {
    if (entry.claim !== claim || !claim.isLoading) return;
    claim.isLoading = false;
    this.#options.mark(entry);
    this.#options.emit({ kind: "running", key: entry.subtask.key });
  }

  /** Ends a claim; undefined if it does not own the subtask any more. If the subtask is unowned again, the caller must put it back into the queue. */
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
