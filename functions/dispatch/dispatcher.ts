/**
 * Dispatch: takes queries in, reuses what the store has, queues the rest and tells how far they are. All it keeps is
 * derived from store and coordinator and bounded: another dispatcher, or this one after a restart, answers the same.
 */
import type { Dataset } from "../../datasets/dataset.ts";
import type { PartialResult } from "../../engine/histogram/partial.ts";
import type { Program } from "../../engine/program/program.ts";
import type { StoredPlan, StoredQuery } from "../../storage/store.ts";
import type { Admission } from "../admission/admission.ts";
import type { Status } from "../api.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Services } from "../services.ts";
import type { TracedQuery } from "../tracing/query-trace.ts";
import { describeStatus } from "./answer/describe-status.ts";
import { type WrittenStatus, WrittenStatuses } from "./answer/written-statuses.ts";
import { FollowedPlans } from "./follow/followed-plans.ts";
import type { Progress } from "./follow/progress.ts";
import { queueRest } from "./follow/queue-rest.ts";
import { StoredResults } from "./follow/stored-results.ts";
import { QueriesInFlight, type StartServices } from "./in-flight.ts";
import { buildProgram, subtaskOf } from "./plan/plan-submission.ts";
import { type Planned, PlannedQueries } from "./plan/planned-queries.ts";
import { Turns } from "./turns.ts";

export type Submission = NonNullable<Status["submission"]>;

/** A query that was found: what it is, and how far. */
export interface Followed {
  readonly query: StoredQuery;
  readonly plan: StoredPlan;
  readonly program: Program;
  /** Absent where the merged result is stored. */
  readonly progress?: Progress;
  readonly result?: PartialResult;
  /** What was left beside the result. */
  readonly note?: unknown;
}

interface Unqueued {
  readonly client: string;
  readonly query: StoredQuery;
  /** What the store has already. */
  readonly has: { readonly query: boolean; readonly plan: boolean };
  readonly services: StartServices;
}

interface Accepted {
  readonly followed: Followed;
  readonly submission: Submission;
  readonly dataset: Dataset;
}

/** Of the plans that are kept, all together: a partition takes a few hundred bytes. */
const mostPartitions = 300_000;
/** What no client is called. */
const nobody = "";

export class Dispatcher {
  readonly #services: Services;
  readonly #planned: PlannedQueries;
  readonly #results: StoredResults;
  readonly #plans: FollowedPlans;
  readonly #written = new WrittenStatuses();
  /** Submissions, withdrawals, purges and retries of one plan come one after the other. */
  readonly #turns = new Turns();
  readonly #inFlight: QueriesInFlight;
  /** Queries whose last client withdrew here. */
  readonly #cancelled = new Set<string>();

  constructor(services: Services, admission: Admission) {
    this.#services = services;
    this.#planned = new PlannedQueries(services);
    this.#results = new StoredResults(services, { mostPartitions });
    this.#plans = new FollowedPlans(services, { mostPartitions });
    this.#inFlight = new QueriesInFlight({
      admission,
      services,
      ended: (followed) => this.ended(followed, new AbortController().signal),
    });
  }

  /** A request's body, planned. Throws `QueryError` or `HttpProblem`; nothing is queued. */
  plan(text: string): Promise<Planned> {
    return this.#planned.get(text);
  }

  /** Accepts a query: when this resolves, what it needs is stored, under way or queued, and survives a crash. */
  async submit(text: string, asker: TracedQuery): Promise<Accepted> {
    const planned = await this.plan(text);
    return (await this.#recall(planned)) ?? this.#turns.take(planned.plan.planKey, () => this.#accept(planned, asker));
  }

  /** Where the result is in memory, and the store has the query still: neither is asked for more. */
  async #recall({ plan, dataset, stored: { id } }: Planned): Promise<Accepted | undefined> {
    const result = this.#results.recall(plan.planKey);
    if (!result) return undefined;
    const query = await this.#services.store.getQuery(id);
    if (query) return { followed: { query, ...result }, submission: allStored(plan), dataset };
    // New under this name, or purged by another dispatcher.
    this.#results.forget(plan.planKey);
    return undefined;
  }

  async #accept(planned: Planned, { client, traceParent }: TracedQuery): Promise<Accepted> {
    const { store } = this.#services;
    const { plan, dataset, compiled, stored } = planned;
    const { program } = compiled.planned;
    this.#cancelled.delete(stored.id);
    const [known, hasPlan, result] = await Promise.all([
      store.getQuery(stored.id),
      store.hasPlan(plan.planKey),
      this.#results.find({ plan, program }),
    ]);
    const query = known ?? { ...stored, created: Date.now() };
    if (result) {
      if (!hasPlan) await Promise.all([store.putProgram(buildProgram(compiled, dataset.schema)), store.putPlan(plan)]);
      if (!known) await store.putQuery(query);
      return { followed: { query, ...result }, submission: allStored(plan), dataset };
    }
    const has = { query: known !== undefined, plan: hasPlan };
    const { priority } = planned.query;
    return this.#inFlight.admit({ id: query.id, client, priority, traceParent }, (services) =>
      this.#queue(planned, { client, query, has, services }),
    );
  }

  async #queue({ dataset, compiled, plan }: Planned, { client, query, has, services }: Unqueued): Promise<Accepted> {
    const { store, coordinator } = services;
    const { program } = compiled.planned;
    // Another dispatcher purged it.
    if (!has.plan) await this.#plans.forgetIdle(plan.planKey);
    const putProgram = async () => {
      const isThere = has.plan && (await store.getPrograms([plan.programKey])).size > 0;
      if (!isThere) await store.putProgram(buildProgram(compiled, dataset.schema));
    };
    const written = Promise.all([putProgram(), has.plan ? undefined : store.putPlan(plan), has.query ? undefined : store.putQuery(query)]);
    // Heard below, unless something else fails before.
    written.catch(() => undefined);
    const progress = await this.#plans.follow({ plan, program }, { created: query.created, priority: query.query.priority });
    const submission = await progress.whileQueueing(async (takeStored) => {
      // All that nodes need is there before they hear of it.
      const [found] = await Promise.all([store.findPartials(progress.keys), written]);
      takeStored(found);
      return queueRest(plan, { found, client, query, progress, coordinator, store });
    });
    this.#services.log.info({ query: query.id, dataset: dataset.name, client, ...submission }, "query accepted");
    return { followed: { query, plan, program, progress }, submission, dataset };
  }

  /** A query by its id; throws a problem of status 404. */
  async find(id: string): Promise<Followed> {
    const query = /^[0-9a-f]{64}$/.test(id) ? await this.#services.store.getQuery(id) : undefined;
    if (!query) throw new HttpProblem(404, "unknown-query", `There is no query ${id.slice(0, 80)}; POST it to /queries.`);
    const planned = await this.#results.findPlanned(query.planKey);
    if (!planned) throw new HttpProblem(404, "unknown-query", `The plan of query ${id} is no longer stored; POST the query again.`);
    const result = await this.#results.find(planned);
    if (result) return { query, ...result };
    const progress = await this.#plans.follow(planned, { created: query.created, priority: query.query.priority });
    await progress.look();
    if (this.#cancelled.has(id)) await this.#lookWhetherCancelled(id);
    return { query, ...planned, progress };
  }

  /** Somebody may have asked for it again at another dispatcher. */
  async #lookWhetherCancelled(id: string): Promise<void> {
    // Nobody's interest ends, and what remains is told.
    const { interested } = await this.#services.coordinator.withdraw(id, nobody);
    if (interested > 0) this.#cancelled.delete(id);
  }

  /** Ends the client's interest; with nobody left the query is cancelled. */
  withdraw(followed: Followed, client: string): Promise<void> {
    return this.#turns.take(followed.plan.planKey, () => this.#withdraw(followed, client));
  }

  async #withdraw({ query, progress }: Followed, client: string): Promise<void> {
    const { interested } = await this.#services.coordinator.withdraw(query.id, client);
    if (interested > 0 || !progress || progress.isFinished) return;
    if (this.#cancelled.size >= 10_000) this.#cancelled.clear();
    this.#cancelled.add(query.id);
    progress.touch();
  }

  /** Removes a query's result and partials, after the client's withdrawal; throws a problem of status 409 while others ask for it. */
  purge(followed: Followed, client: string): Promise<{ readonly removed: number; readonly kept: number }> {
    const { planKey } = followed.plan;
    return this.#turns.take(planKey, async () => {
      await this.#withdraw(followed, client);
      const progress = (await this.#plans.find(planKey)) ?? followed.progress;
      if (progress && !progress.isFinished && !progress.isWithdrawn) {
        throw new HttpProblem(409, "in-use", "Cannot purge this query: it is still computed for another client.");
      }
      this.#plans.forget(planKey);
      this.#results.forget(planKey);
      await progress?.close();
      return this.#services.store.removePlan(planKey);
    });
  }

  /** Queues the failed partitions again. Gives their number. */
  retry(followed: Followed, client: string): Promise<number> {
    const { progress, plan, query } = followed;
    return this.#turns.take(plan.planKey, async () => {
      if (!progress || progress.failures.size === 0) return 0;
      const subtasks = [...progress.failures.keys()].map((place) => subtaskOf(plan, place));
      this.#cancelled.delete(query.id);
      progress.forgetFailures();
      return this.#services.coordinator.retry({ queryId: query.id, client, priority: query.query.priority, subtasks });
    });
  }

  describe(followed: Followed): Status {
    const { query, plan, program, progress, result } = followed;
    return describeStatus({
      query,
      plan,
      program,
      state: this.stateOf(followed),
      ...(progress && { progress }),
      ...(result && { result }),
      note: followed.note,
    });
  }

  /** The status as JSON. */
  write(followed: Followed): WrittenStatus {
    return this.#written.get(followed, this.stateOf(followed), () => this.describe(followed));
  }

  /** Waits until the query has ended, or the signal aborts. */
  async ended(followed: Followed, signal: AbortSignal): Promise<Status["state"]> {
    const { progress } = followed;
    for (;;) {
      const state = this.stateOf(followed);
      if (!progress || signal.aborted || (state !== "waiting" && state !== "running")) return state;
      await progress.changeAfter(progress.version, signal);
    }
  }

  stateOf(followed: Followed): Status["state"] {
    const { progress } = followed;
    if (!progress) return "done";
    const { total, failed, done, loading, running } = progress.counts;
    if (progress.isFinished) return failed === total && total > 0 ? "failed" : "done";
    if (this.#cancelled.has(followed.query.id) || progress.isWithdrawn) return "cancelled";
    return done + failed + loading + running > 0 ? "running" : "waiting";
  }
}

function allStored({ partitions: { length } }: StoredPlan): Submission {
  return { total: length, stored: length, joined: 0, queued: 0 };
}
