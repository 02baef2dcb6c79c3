/**
 * The queries that were asked here and have not ended: admitted, counted, and told of when they end. Derived from the progress of their plans,
 * so that a query ends here also when its end came from elsewhere.
 *
 *   (unknown) --admit--> starting --started--> under way --ends--> (unknown)
 *                            |----- fails ------------------------> (unknown)
 */
import type { Admission } from "../admission/admission.ts";
import { type Begun, expectedWait, longestWait } from "../admission/backlog.ts";
import { Pace } from "../admission/pace.ts";
import type { Status } from "../api.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Reading } from "../metrics/meter.ts";
import type { LabelOf } from "../metrics/metrics.ts";
import { priorityBand } from "../metrics/priority-band.ts";
import type { Services } from "../services.ts";
import { QueryTrace, type TracedQuery } from "../tracing/query-trace.ts";
import type { Followed } from "./dispatcher.ts";
import type { Progress } from "./follow/progress.ts";

type Bands = Reading<"femtoq_queue_depth">;

interface Entry {
  readonly client: string;
  readonly priority: number;
  readonly admitted: number;
  readonly trace: QueryTrace | undefined;
  progress?: Progress | undefined;
  /** Partitions that were done, or stored, when it came; undefined where another query follows the same plan: its work is counted once. */
  before?: number;
}

export interface Asking extends TracedQuery {
  readonly id: string;
  readonly priority: number;
}

/** Queries under way that are let in however long some wait: a cluster may just be slow. */
const fewest = 50;
/** Milliseconds. */
const betweenLooks = 20;

const doneOf = ({ progress, before }: Entry): number => (progress && before !== undefined ? Math.max(0, progress.counts.done - before) : 0);
const isBegun = ({ counts: { loading, running, done } }: Progress): boolean => loading + running + done > 0;

/** What a query is begun with; its calls are recorded where it is traced. */
export type StartServices = Pick<Services, "store" | "coordinator">;

type InFlightServices = StartServices & Pick<Services, "log" | "meter" | "tracer">;

export class QueriesInFlight {
  readonly #admission: Admission;
  readonly #services: InFlightServices;
  readonly #ended: (followed: Followed) => Promise<Status["state"]>;
  readonly #entries = new Map<string, Entry>();
  /** Partitions done, of all queries. */
  readonly #pace = new Pace();
  /** Of queries that have ended. */
  #done = 0;
  #looked: { readonly at: number; readonly queries: readonly Begun[] } | undefined;

  constructor(options: {
    readonly admission: Admission;
    readonly services: InFlightServices;
    /** Waits for a query's end; never rejects. */
    readonly ended: (followed: Followed) => Promise<Status["state"]>;
  }) {
    this.#admission = options.admission;
    this.#services = options.services;
    this.#ended = options.ended;
    const { meter } = options.services;
    meter?.gauge("femtoq_queries_in_flight", () => this.#countStates());
    meter?.gauge("femtoq_queue_depth", () => this.#byPriority((sum, { waiting }) => sum + waiting));
    meter?.gauge("femtoq_queue_age_seconds", () =>
      this.#byPriority((oldest, { waiting, age }) => (waiting > 0 ? Math.max(oldest, age) : oldest)),
    );
  }

  /** Lets `start` begin a query, unless there are too many: then it throws `HttpProblem`. One that is under way already comes in always. */
  async admit<Result extends { readonly followed: Followed }>(
    asking: Asking,
    start: (services: StartServices) => Promise<Result>,
  ): Promise<Result> {
    const { id, client, priority } = asking;
    const { tracer } = this.#services;
    if (this.#entries.has(id)) return start(this.#services);
    this.#refuseLongWait(priority);
    const leave = this.#admission.queries.enter(client);
    const trace = tracer && new QueryTrace(tracer, this.#services, asking);
    const entry: Entry = { client, priority, admitted: Date.now(), trace };
    this.#entries.set(id, entry);
    const remove = () => {
      if (this.#entries.get(id) === entry) this.#entries.delete(id);
      this.#done += doneOf(entry);
      leave();
    };
    try {
      const started = await start(trace?.services ?? this.#services);
      trace?.accepted();
      void this.#follow(started.followed, { entry, remove });
      return started;
    } catch (error) {
      remove();
      throw error;
    }
  }

  /** What is let in where others wait for long would wait as long; who is told so at once may ask when it makes sense. */
  #refuseLongWait(priority: number): void {
    if (this.#entries.size < fewest) return;
    const now = Date.now();
    const queries = this.#look(now);
    const expected = expectedWait(queries, { priority, rate: this.#pace.perSecond });
    const wait = Math.max(expected, longestWait(queries, { priority, now }));
    if (wait <= this.#admission.longestWait) return;
    this.#services.meter?.count("femtoq_refused_total", "wait");
    const seconds = Math.round(wait / 1000);
    const message = `There is more to do than can be done now: ${this.#entries.size} queries are under way, and a new one would wait for about ${seconds} s to begin. Ask again soon.`;
    throw new HttpProblem(503, "overloaded", message);
  }

  /** How far all are, looked at now and then: under load many are refused in a row. */
  #look(now: number): readonly Begun[] {
    if (this.#looked === undefined || now - this.#looked.at >= betweenLooks) {
      let done = this.#done;
      for (const entry of this.#entries.values()) done += doneOf(entry);
      this.#pace.note(done, now);
      this.#looked = { at: now, queries: [...this.#begun()] };
    }
    return this.#looked.queries;
  }

  *#begun(): Generator<Begun> {
    const named = new Set<Progress>();
    // A plan that several ask for waits with the most urgent of them.
    const entries = [...this.#entries.values()].sort((a, b) => a.priority - b.priority);
    for (const { client, priority, admitted, progress } of entries) {
      const state = progress === undefined ? "waiting" : isBegun(progress) ? "begun" : progress.lacksNodes ? "idle" : "waiting";
      const subtasks = progress === undefined || named.has(progress) ? 0 : progress.counts.waiting;
      if (progress) named.add(progress);
      yield { client, priority, since: admitted, state, subtasks };
    }
  }

  async #follow(followed: Followed, { entry, remove }: { readonly entry: Entry; readonly remove: () => void }): Promise<void> {
    const { progress } = followed;
    const isShared = [...this.#entries.values()].some((other) => other.progress === progress);
    if (progress && !isShared) entry.before = progress.counts.done + progress.counts.running;
    entry.progress = progress;
    try {
      const state = await this.#ended(followed);
      this.#tellEnd(followed, { state, seconds: (Date.now() - entry.admitted) / 1000 });
      entry.trace?.end(followed, state);
    } finally {
      remove();
    }
  }

  #tellEnd({ query, progress }: Followed, { state, seconds }: { readonly state: Status["state"]; readonly seconds: number }): void {
    const { log, meter } = this.#services;
    const failed = progress?.failures.size ?? 0;
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

  /** Plans that several queries share count once for each. */
  #byPriority(add: (before: number, entry: { readonly waiting: number; readonly age: number }) => number): Bands {
    const sums: { -readonly [Band in keyof Bands]: Bands[Band] } = {};
    for (const { priority, admitted, progress } of this.#entries.values()) {
      const band = priorityBand(priority);
      sums[band] = add(sums[band] ?? 0, { waiting: progress?.counts.waiting ?? 0, age: (Date.now() - admitted) / 1000 });
    }
    return sums;
  }
}
