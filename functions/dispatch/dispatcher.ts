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
import { buildPlan, buildProgram, buildQuery, type CompiledQuery, compileQuery, type QueryRecord } from "./plan-submission.ts";
import { Progress, subtaskKey } from "./progress.ts";
import { Recent } from "./recent.ts";

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
  /** Queries whose last client withdrew here. */
  readonly #cancelled = new Set<string>();

  constructor(services: Services) {
    this.#services = services;
  }

  /** Throws `QueryError` or `HttpProblem` before anything is queued. */
  async plan(input: unknown): Promise<{ readonly query: Query; readonly dataset: Dataset; readonly compiled: CompiledQuery }> {
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
  async submit(
    input: unknown,
    client: string,
  ): Promise<{ readonly followed: Followed; readonly submission: Submission; readonly dataset: Dataset }> {
    const { query, dataset, compiled } = await this.plan(input);
    const { store, coordinator } = this.#services;
    const plan = await buildPlan(compiled, dataset);
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
    if (!known) {
      await store.putPlan(plan);
      await store.putQuery(stored);
    }
    const progress = await this.#follow(plan, compiled.planned.program);
    const keys = progress.keys;
    const found = await store.findPartials(keys);
    const subtasks = plan.partitions
      .map(({ index, fingerprint }) => ({
        key: subtaskKey(plan.programKey, fingerprint),
        programKey: plan.programKey,
        fingerprint,
        dataset: dataset.name,
        partition: index,
      }))
      .filter(({ key }) => !found.has(key));
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

  /** Renews the client's interest in a query that is under way. */
  async renew(followed: Followed, client: string): Promise<void> {
    if (followed.progress && !followed.progress.isFinished && !this.#cancelled.has(followed.query.id))
      await this.#services.coordinator.renew(followed.query.id, client);
  }

  /** Ends the client's interest; with nobody left the query is cancelled. */
  async withdraw(followed: Followed, client: string): Promise<void> {
    const { interested } = await this.#services.coordinator.withdraw(followed.query.id, client);
    if (interested > 0 || !followed.progress || followed.progress.isFinished) return;
    if (this.#cancelled.size >= 10_000) this.#cancelled.clear();
    this.#cancelled.add(followed.query.id);
    followed.progress.touch();
  }

  /** Removes a query's result and partials, after the client's withdrawal; throws a problem of status 409 while others ask for it. */
  async purge(followed: Followed, client: string): Promise<{ readonly removed: number; readonly kept: number }> {
    await this.withdraw(followed, client);
    if (["waiting", "running"].includes(this.stateOf(followed))) {
      throw new HttpProblem(409, "in-use", "Cannot purge this query: other clients still wait for it.");
    }
    this.#progress.delete(followed.plan.planKey);
    this.#results.delete(followed.plan.planKey);
    followed.progress?.close();
    return this.#services.store.removePlan(followed.plan.planKey);
  }

  /** Queues the failed partitions again. Gives their number. */
  async retry(followed: Followed, client: string): Promise<number> {
    const { progress, plan, query } = followed;
    if (!progress || progress.failures.size === 0) return 0;
    const subtasks = [...progress.failures.keys()].map((place) => {
      const { index, fingerprint } = plan.partitions[place];
      return {
        key: subtaskKey(plan.programKey, fingerprint),
        programKey: plan.programKey,
        fingerprint,
        dataset: plan.dataset,
        partition: index,
      };
    });
    progress.forgetFailures();
    return this.#services.coordinator.retry({ queryId: query.id, client, priority: query.query.priority, subtasks });
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
