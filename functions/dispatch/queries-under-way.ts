/**
 * The queries that were submitted here and have not ended. It admits and counts them, and logs and measures their ends. The end is derived from the progress of
 * the plan, so it is also noticed if another process caused it.
 *
 *   (unknown) --admit--> admitted --accept--> under way --ends--> (unknown)
 *                            |----- refused or failed ----------> (unknown)
 */
import type { Admission } from "../admission/admission.ts";
import { type Begun, currentWait, expectedWait, isCrowd } from "../admission/backlog.ts";
import { Pace } from "../admission/pace.ts";
import type { QueryState } from "../api.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Reading } from "../metrics/meter.ts";
import type { LabelOf } from "../metrics/metrics.ts";
import { priorityBand } from "../metrics/metrics.ts";
import type { Services } from "../services.ts";
import { QueryTrace, type TracedQuery } from "../tracing/query-trace.ts";
import { type FollowedQuery, waitForEnd } from "./follow/followed-query.ts";
import type { Progress } from "./follow/progress.ts";

type Bands = Reading<"femtoq_queue_depth">;

interface Entry {
  readonly client: string;
  readonly address: string | undefined;
  readonly priority: number;
  readonly admitted: number;
  readonly trace: QueryTrace | undefined;
  progress?: Progress | undefined;
  /**
   * The number of partitions that were done or stored when the query came. Undefined if another query follows the same plan, since the plan's partitions are
   * counted once.
   */
  before?: number;
}

export interface AskedQuery extends TracedQuery {
  readonly id: string;
  readonly address?: string | undefined;
  readonly priority: number;
  /** The `planBytes` of its plan. */
  readonly planBytes: number;
}

/** The query is refused for now, since many clients of its address have queries under way and make others wait. It may be admitted soon. */
export class Crowded extends HttpProblem {
  /** Whether the query would still be refused. This costs very little. */
  readonly isStill: () => boolean;

  constructor(isStill: () => boolean) {
    super(429, "too-many", "Your address has more queries under way than can begin soon: ask again when some have ended.");
    this.isStill = isStill;
  }
}

/** The admission of a query. Disposing of it frees the query's place, unless the query was accepted. */
export interface Ticket extends Disposable {
  /** The services with which the query is begun; if it is traced, they record its calls. */
  readonly services: StartServices;
  /** Takes note that the query is under way. Its place is freed when it ends. */
  accept(followed: FollowedQuery): void;
}

/** Up to this many queries are admitted however long others wait, unless they are part of a crowd from one address: the cluster may just be slow. */
const fewest = 50;
/** The milliseconds for which one look at all queries is used. */
const lookLasts = 20;

const doneOf = ({ progress, before }: Entry): number =>
  progress && before !== undefined ? Math.max(0, progress.partitions.counts.done - before) : 0;
const isBegun = ({
  partitions: {
    counts: { loading, running, merging, done },
  },
}: Progress): boolean => loading + running + merging + done > 0;

export type StartServices = Pick<Services, "store" | "coordinator">;

type TicketServices = StartServices & Pick<Services, "log" | "meter" | "tracer">;

export class QueriesUnderWay {
  readonly #admission: Admission;
  readonly #services: TicketServices;
  readonly #entries = new Map<string, Entry>();
  /** Measures how fast the partitions of all queries are completed. */
  readonly #pace = new Pace();
  /** The number of partitions that were completed for queries that have ended. */
  #done = 0;
  #looked: { readonly at: number; readonly queries: readonly Begun[] } | undefined;

  constructor(services: TicketServices, admission: Admission) {
    this.#admission = admission;
    this.#services = services;
    const { meter } = services;
    meter?.gauge("femtoq_queries_in_flight", () => this.#countStates());
    meter?.gauge("femtoq_queue_depth", () => this.#byPriority((sum, { waiting }) => sum + waiting));
    meter?.gauge("femtoq_queue_age_seconds", () =>
      this.#byPriority((oldest, { waiting, age }) => (waiting > 0 ? Math.max(oldest, age) : oldest)),
    );
  }

  /** Admits a query. Throws `HttpProblem` if too many are under way. A query that is already under way is always admitted. */
  admit(asked: AskedQuery): Ticket {
    const { id, client: name, address, priority, planBytes } = asked;
    const client = { name, address };
    if (this.#entries.has(id)) return { services: this.#services, accept: () => {}, [Symbol.dispose]: () => {} };
    this.#refuseLongWait(asked);
    const places = [this.#admission.queries.enter(client)];
    try {
      places.push(this.#admission.planBytes.enter(client, planBytes));
    } catch (error) {
      for (const place of places) place[Symbol.dispose]();
      throw error;
    }
    const { tracer } = this.#services;
    const trace = tracer && new QueryTrace(tracer, this.#services, asked);
    const entry: Entry = { client: name, address, priority, admitted: Date.now(), trace };
    this.#entries.set(id, entry);
    this.#looked = undefined;
    let isAccepted = false;
    const remove = () => {
      if (this.#entries.get(id) === entry) this.#entries.delete(id);
      this.#done += doneOf(entry);
      for (const place of places) place[Symbol.dispose]();
    };
    return {
      services: trace?.services ?? this.#services,
      accept: (followed) => {
        isAccepted = true;
        trace?.accepted();
        void this.#follow(followed, entry).finally(remove);
      },
      [Symbol.dispose]: () => {
        if (!isAccepted) remove();
      },
    };
  }

  /** Refuses a query that would have to wait too long, so that its client hears this immediately and may ask again later. */
  #refuseLongWait(asked: AskedQuery): void {
    if (this.#isOfCrowd(asked)) throw new Crowded(() => this.#isOfCrowd(asked));
    if (this.#entries.size < fewest) return;
    const { priority } = asked;
    const now = Date.now();
    const queries = this.#look(now);
    const rate = this.#pace.perSecond;
    const { longestWait: longest } = this.#admission;
    const expected = expectedWait(queries, { priority, rate });
    const wait = Math.max(expected, currentWait(queries, { priority, now }));
    if (wait <= longest) return;
    this.#services.meter?.count("femtoq_refused_total", "wait");
    const seconds = Math.round(wait / 1000);
    const message = `There is more to do than can be done now: ${this.#entries.size} queries are under way, and a new one would wait for about ${seconds} s to begin. Ask again soon.`;
    throw new HttpProblem(503, "overloaded", message);
  }

  #isOfCrowd({ priority, address }: AskedQuery): boolean {
    if (address === undefined) return false;
    const now = Date.now();
    const queries = this.#look(now);
    return isCrowd(queries, { address, priority, rate: this.#pace.perSecond, now, longest: this.#admission.longestWait });
  }

  /**
   * Returns how far all queries are. The answer is at most `lookLasts` old and includes all admitted queries; it is kept since many queries in a row are
   * refused under load.
   */
  #look(now: number): readonly Begun[] {
    if (this.#looked === undefined || now - this.#looked.at >= lookLasts) {
      let done = this.#done;
      for (const entry of this.#entries.values()) done += doneOf(entry);
      this.#pace.note(done, now);
      this.#looked = { at: now, queries: [...this.#begun()] };
    }
    return this.#looked.queries;
  }

  *#begun(): Generator<Begun> {
    const named = new Set<Progress>();
    // The subtasks of a plan count once, for the most urgent query that follows it.
    const entries = [...this.#entries.values()].sort((a, b) => a.priority - b.priority);
    for (const { client, address, priority, admitted, progress } of entries) {
      const state =
        progress === undefined ? "waiting" : isBegun(progress) ? "begun" : progress.missingNodes !== undefined ? "idle" : "waiting";
      const subtasks = progress === undefined || named.has(progress) ? 0 : progress.partitions.counts.waiting;
      if (progress) named.add(progress);
      yield { client, address, priority, since: admitted, state, subtasks };
    }
  }

  async #follow(followed: FollowedQuery, entry: Entry): Promise<void> {
    const { progress } = followed;
    const isShared = [...this.#entries.values()].some((other) => other.progress === progress);
    if (progress && !isShared) entry.before = progress.partitions.counts.done + progress.partitions.counts.merging;
    entry.progress = progress;
    const state = await waitForEnd(followed, new AbortController().signal);
    this.#tellEnd(followed, { state, seconds: (Date.now() - entry.admitted) / 1000 });
    entry.trace?.end(followed, state);
  }

  #tellEnd({ query, progress }: FollowedQuery, { state, seconds }: { readonly state: QueryState; readonly seconds: number }): void {
    const { log, meter } = this.#services;
    const failed = progress?.partitions.failures.size ?? 0;
    const how = state === "done" && failed > 0 ? "incomplete" : (state as LabelOf<"femtoq_queries_ended_total">);
    meter?.count("femtoq_queries_ended_total", how);
    if (state !== "cancelled") meter?.observe("femtoq_query_seconds", undefined, seconds);
    log.info({ query: query.id, state, seconds, ...(failed > 0 && { failed }) }, "query ended");
  }

  #countStates(): { readonly waiting: number; readonly running: number } {
    const counts = { waiting: 0, running: 0 };
    for (const { progress } of this.#entries.values()) counts[progress && isBegun(progress) ? "running" : "waiting"]++;
    return counts;
  }

  /** Combines the queue lengths and ages of queries by bands of priority. A plan that several queries share counts once for each of them. */
  #byPriority(add: (before: number, entry: { readonly waiting: number; readonly age: number }) => number): Bands {
    const sums: { -readonly [Band in keyof Bands]: Bands[Band] } = {};
    for (const { priority, admitted, progress } of this.#entries.values()) {
      const band = priorityBand(priority);
      sums[band] = add(sums[band] ?? 0, { waiting: progress?.partitions.counts.waiting ?? 0, age: (Date.now() - admitted) / 1000 });
    }
    return sums;
  }
}
