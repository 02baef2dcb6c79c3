/**
 * Dispatch: takes queries in, reuses what the store has, queues the rest and tells how far they are. All it keeps is
 * derived from store and coordinator and bounded: another dispatcher, or this one after a restart, answers the same.
 */
import type { Dataset } from "../../datasets/dataset.ts";
import { decodePartial, type Partial } from "../../engine/partial.ts";
import type { Program } from "../../engine/program.ts";
import { canonicalQuery, type Query, readQuery } from "../../engine/query.ts";
import { QueryError } from "../../engine/query-error.ts";
import type { Schema } from "../../engine/schema.ts";
import type { StoredPlan, StoredQuery } from "../../storage/store.ts";
import type { Status } from "../api.ts";
import { unknownDataset } from "../datasets/datasets.ts";
import { HttpProblem } from "../problem.ts";
import type { Services } from "../services.ts";
import { describeStatus } from "./describe-status.ts";
import { buildPlan, buildProgram, buildQuery, type CompiledQuery, compileQuery, type QueryRecord, subtaskOf } from "./plan-submission.ts";
import { Progress } from "./progress.ts";
import { Recent } from "./recent.ts";
import { Turns } from "./turns.ts";

export type Submission = NonNullable<Status["submission"]>;

/** A query that was found: what it is, and how far. */
export interface Followed {
  readonly query: StoredQuery & { readonly query: QueryRecord };
  readonly plan: StoredPlan;
  readonly program: Program;
  /** Absent where the merged result is stored. */
  readonly progress?: Progress;
  readonly result?: Partial;
}

interface Written {
  readonly state: Status["state"];
  readonly text: string;
  readonly took: number;
}

interface Planned {
  readonly query: Query;
  readonly dataset: Dataset;
  readonly compiled: CompiledQuery;
}

interface Accepted {
  readonly followed: Followed;
  readonly submission: Submission;
  readonly dataset: Dataset;
}

interface Opening {
  readonly opened: Promise<Progress>;
  progress?: Progress;
}

export class Dispatcher {
  readonly #services: Services;
  readonly #compiled = new Recent<{ readonly schema: Schema; readonly compiled: Promise<CompiledQuery> }>(500);
  readonly #results = new Recent<{ readonly plan: StoredPlan; readonly program: Program; readonly result: Partial }>(100);
  /** What is under way or listened to stays, however many there are. */
  readonly #progress = new Recent<Opening>(100, {
    mayForget: ({ progress }) => progress?.isIdle === true,
    forget: ({ progress }) => progress?.close(),
  });
  readonly #written = new WeakMap<Progress, { readonly version: number; readonly texts: Map<string, Written> }>();
  /** Submissions, withdrawals, purges and retries of one plan come one after the other. */
  readonly #turns = new Turns();
  /** Queries whose last client withdrew here. */
  readonly #cancelled = new Set<string>();

  constructor(services: Services) {
    this.#services = services;
  }

  /** Throws `QueryError` or `HttpProblem` before anything is queued. */
  async plan(input: unknown): Promise<Planned> {
    const query = readQuery(input);
    const { catalogue } = this.#services;
    const dataset = await catalogue.get(query.dataset);
    if (!dataset) {
      const { errors } = unknownDataset(query.dataset, catalogue.names());
      throw new QueryError(errors);
    }
    return { query, dataset, compiled: await this.#compile(query, dataset.schema) };
  }

  async #compile(query: Query, schema: Schema): Promise<CompiledQuery> {
    const key = JSON.stringify(canonicalQuery(query));
    const known = this.#compiled.get(key);
    if (known?.schema === schema) return known.compiled;
    const compiled = compileQuery(query, schema);
    this.#compiled.set(key, { schema, compiled });
    compiled.catch(() => this.#compiled.delete(key));
    return compiled;
  }

  /** Accepts a query: when this resolves, what it needs is stored, under way or queued, and survives a crash. */
  async submit(input: unknown, client: string): Promise<Accepted> {
    const planned = await this.plan(input);
    const plan = await buildPlan(planned.compiled, planned.dataset);
    return this.#turns.take(plan.planKey, () => this.#accept(planned, plan, client));
  }

  async #accept({ query, dataset, compiled }: Planned, plan: StoredPlan, client: string): Promise<Accepted> {
    const { store, coordinator } = this.#services;
    const stored = await buildQuery(query, compiled, plan.planKey, Date.now());
    const known = await store.getQuery(stored.id);
    const total = plan.partitions.length;
    this.#cancelled.delete(stored.id);

    const result = await this.#findResult(plan.planKey);
    if (result) {
      if (!known) await store.putQuery(stored);
      return {
        followed: { query: (known ?? stored) as Followed["query"], ...result },
        submission: { total, stored: total, joined: 0, queued: 0 },
        dataset,
      };
    }
    if (!(await store.getProgram(compiled.programKey))) await store.putProgram(buildProgram(compiled, dataset.schema));
    // A query may outlive its plan.
    if (!known || !(await store.getPlan(plan.planKey))) await store.putPlan(plan);
    if (!known) await store.putQuery(stored);
    const progress = await this.#follow(plan, compiled.planned.program);
    const keys = progress.keys;
    const found = await store.findPartials(keys);
    const subtasks = plan.partitions.map((_, place) => subtaskOf(plan, place)).filter(({ key }) => !found.has(key));
    const { queued } =
      subtasks.length === 0 ? { queued: 0 } : await coordinator.enqueue({ queryId: stored.id, client, priority: query.priority, subtasks });
    await progress.refresh();
    const failed = progress.counts.failed;
    const joined = Math.max(0, subtasks.length - queued - failed);
    this.#services.log.info(
      { query: stored.id, dataset: dataset.name, client, total, stored: total - joined - queued, joined, queued },
      "query accepted",
    );
    return {
      followed: { query: (known ?? stored) as Followed["query"], plan, program: compiled.planned.program, progress },
      submission: { total, stored: total - joined - queued, joined, queued },
      dataset,
    };
  }

  /** A query by its id; throws a problem of status 404. */
  async find(id: string): Promise<Followed> {
    const { store } = this.#services;
    const query = /^[0-9a-f]{64}$/.test(id) ? await store.getQuery(id) : undefined;
    const plan = query && (await store.getPlan(query.planKey));
    if (!query || !plan) throw new HttpProblem(404, "unknown-query", `There is no query ${id.slice(0, 80)}; POST it to /queries.`);
    const result = await this.#findResult(plan.planKey);
    if (result) return { query: query as Followed["query"], ...result };
    const program = (await store.getProgram(plan.programKey))?.program as Program | undefined;
    if (!program) throw new HttpProblem(404, "unknown-query", `The program of query ${id} is no longer stored; POST the query again.`);
    return { query: query as Followed["query"], plan, program, progress: await this.#follow(plan, program) };
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
      const progress = (await this.#progress.get(planKey)?.opened) ?? followed.progress;
      if (progress && !progress.isFinished && !progress.isWithdrawn) {
        throw new HttpProblem(409, "in-use", "Cannot purge this query: it is still computed for another client.");
      }
      this.#progress.delete(planKey);
      this.#results.delete(planKey);
      progress?.close();
      return this.#services.store.removePlan(planKey);
    });
  }

  /** Queues the failed partitions again. Gives their number. */
  retry(followed: Followed, client: string): Promise<number> {
    const { progress, plan, query } = followed;
    return this.#turns.take(plan.planKey, async () => {
      if (!progress || progress.failures.size === 0) return 0;
      const subtasks = [...progress.failures.keys()].map((place) => subtaskOf(plan, place));
      progress.forgetFailures();
      return this.#services.coordinator.retry({ queryId: query.id, client, priority: query.query.priority, subtasks });
    });
  }

  describe(followed: Followed): Status {
    const { query, plan, program, progress, result } = followed;
    return describeStatus({
      id: query.id,
      created: query.created,
      record: query.query,
      plan,
      program,
      state: this.stateOf(followed),
      ...(progress && { progress }),
      ...(result && { result }),
    });
  }

  /** The status as JSON, written once for all who follow the query, and how many milliseconds writing it took. */
  write(followed: Followed): Written {
    const { progress, query } = followed;
    const state = this.stateOf(followed);
    const kept = progress && this.#written.get(progress);
    const version = progress?.version ?? 0;
    const known = kept?.version === version ? kept.texts.get(query.id) : undefined;
    if (known?.state === state) return known;
    const start = performance.now();
    const text = JSON.stringify(this.describe(followed));
    const written: Written = { state, text, took: performance.now() - start };
    if (!progress) return written;
    const texts = kept?.version === version ? kept.texts : new Map<string, Written>();
    this.#written.set(progress, { version, texts: texts.set(query.id, written) });
    return written;
  }

  /** Waits until the query has ended, or the signal aborts. */
  async ended(followed: Followed, signal: AbortSignal): Promise<void> {
    const { progress } = followed;
    if (!progress) return;
    while (!signal.aborted && ["waiting", "running"].includes(this.stateOf(followed))) await progress.changeAfter(progress.version, signal);
  }

  stateOf(followed: Followed): Status["state"] {
    const { progress } = followed;
    if (!progress) return "done";
    const { total, failed, done, loading, running } = progress.counts;
    if (progress.isFinished) return failed === total && total > 0 ? "failed" : "done";
    if (this.#cancelled.has(followed.query.id) || progress.isWithdrawn) return "cancelled";
    return done + failed + loading + running > 0 ? "running" : "waiting";
  }

  async #findResult(
    planKey: string,
  ): Promise<{ readonly plan: StoredPlan; readonly program: Program; readonly result: Partial } | undefined> {
    const recent = this.#results.get(planKey);
    if (recent) return recent;
    const { store, log } = this.#services;
    const bytes = await store.getResult(planKey);
    const plan = bytes && (await store.getPlan(planKey));
    const program = plan && ((await store.getProgram(plan.programKey))?.program as Program | undefined);
    if (!bytes || !plan || !program) return undefined;
    try {
      const found = { plan, program, result: await decodePartial(bytes) };
      this.#results.set(planKey, found);
      return found;
    } catch (error) {
      log.error({ err: error, plan: planKey }, "a stored result is damaged; its partials are merged again");
      return undefined;
    }
  }

  async #follow(plan: StoredPlan, program: Program): Promise<Progress> {
    const known = this.#progress.get(plan.planKey);
    if (known) return known.opened;
    const opening: Opening = { opened: Progress.open(plan, program, this.#services) };
    this.#progress.set(plan.planKey, opening);
    try {
      opening.progress = await opening.opened;
    } catch (error) {
      this.#progress.delete(plan.planKey);
      throw error;
    }
    return opening.progress;
  }
}
