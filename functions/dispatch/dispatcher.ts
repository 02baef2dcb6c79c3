/**
 * Dispatch: takes queries in, reuses what the store has, queues the rest and tells how far they are. All it keeps is
 * derived from store and coordinator and bounded: another dispatcher, or this one after a restart, answers the same.
 */
import type { Subtask } from "../../coordination/coordinator.ts";
import type { Dataset } from "../../datasets/dataset.ts";
import { decodePartial, type Partial } from "../../engine/partial.ts";
import type { Program } from "../../engine/program.ts";
import { type Query, readQuery } from "../../engine/query.ts";
import { QueryError } from "../../engine/query-error.ts";
import type { StoredPlan, StoredQuery } from "../../storage/store.ts";
import type { Admission } from "../admission/admission.ts";
import type { Status } from "../api.ts";
import { unknownDataset } from "../datasets/datasets.ts";
import { HttpProblem } from "../problem.ts";
import type { Services } from "../services.ts";
import type { TracedQuery } from "../tracing/query-trace.ts";
import { perTurn, turn } from "../turn.ts";
import { CompiledQueries } from "./compiled-queries.ts";
import { describeStatus } from "./describe-status.ts";
import { QueriesInFlight, type StartServices } from "./in-flight.ts";
import { buildPlan, buildProgram, buildQuery, type CompiledQuery, type QueryRecord, subtaskOf } from "./plan-submission.ts";
import { Progress } from "./progress.ts";
import { Recent } from "./recent.ts";
import { Turns } from "./turns.ts";
import { type WrittenStatus, WrittenStatuses } from "./written-statuses.ts";

export type Submission = NonNullable<Status["submission"]>;

/** A query that was found: what it is, and how far. */
export interface Followed {
  readonly query: StoredQuery & { readonly query: QueryRecord };
  readonly plan: StoredPlan;
  readonly program: Program;
  /** Absent where the merged result is stored. */
  readonly progress?: Progress;
  readonly result?: Partial;
  /** What was left beside the result. */
  readonly note?: unknown;
}

interface Planned {
  readonly query: Query;
  readonly dataset: Dataset;
  readonly compiled: CompiledQuery;
}

interface Unqueued {
  readonly plan: StoredPlan;
  readonly client: string;
  readonly stored: StoredQuery;
  readonly known: StoredQuery | undefined;
  readonly services: StartServices;
  readonly isPlanned: boolean;
}

interface Accepted {
  readonly followed: Followed;
  readonly submission: Submission;
  readonly dataset: Dataset;
}

type FoundResult = Required<Pick<Followed, "plan" | "program" | "result" | "note">>;

interface Opening {
  readonly partitions: number;
  readonly opened: Promise<Progress>;
  progress?: Progress;
}

/** Of the plans that are kept, all together: a partition takes a few hundred bytes. */
const mostPartitions = 300_000;

export class Dispatcher {
  readonly #services: Services;
  readonly #compiled = new CompiledQueries();
  readonly #results = new Recent<FoundResult>(100, { weigh: ({ plan }) => plan.partitions.length, mostWeight: mostPartitions });
  /** What is under way or listened to stays, however many there are. */
  readonly #progress = new Recent<Opening>(100, {
    weigh: ({ partitions }) => partitions,
    mostWeight: mostPartitions,
    mayForget: ({ progress }) => progress?.isIdle === true,
    forget: ({ progress }) => progress?.close(),
  });
  readonly #written = new WrittenStatuses();
  /** Submissions, withdrawals, purges and retries of one plan come one after the other. */
  readonly #turns = new Turns();
  readonly #inFlight: QueriesInFlight;
  /** Queries whose last client withdrew here. */
  readonly #cancelled = new Set<string>();

  constructor(services: Services, admission: Admission) {
    this.#services = services;
    this.#inFlight = new QueriesInFlight({
      tally: admission.queries,
      services,
      ended: (followed) => this.ended(followed, new AbortController().signal),
    });
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
    return { query, dataset, compiled: await this.#compiled.get(query, dataset.schema) };
  }

  /** Accepts a query: when this resolves, what it needs is stored, under way or queued, and survives a crash. */
  async submit(input: unknown, asker: TracedQuery): Promise<Accepted> {
    const planned = await this.plan(input);
    const plan = await buildPlan(planned.compiled, planned.dataset);
    return this.#turns.take(plan.planKey, () => this.#accept(planned, plan, asker));
  }

  async #accept({ query, dataset, compiled }: Planned, plan: StoredPlan, { client, traceParent }: TracedQuery): Promise<Accepted> {
    const { store } = this.#services;
    const stored = await buildQuery(query, compiled, plan.planKey, Date.now());
    const total = plan.partitions.length;
    this.#cancelled.delete(stored.id);
    const [known, isPlanned, result] = await Promise.all([
      store.getQuery(stored.id),
      // What was found lately was planned; asking costs a round trip.
      this.#results.get(plan.planKey) ? true : store.hasPlan(plan.planKey),
      this.#findResult(plan.planKey, { plan, program: compiled.planned.program }),
    ]);
    if (result) {
      if (!isPlanned) await Promise.all([store.putProgram(buildProgram(compiled, dataset.schema)), store.putPlan(plan)]);
      if (!known) await store.putQuery(stored);
      return {
        followed: { query: (known ?? stored) as Followed["query"], ...result },
        submission: { total, stored: total, joined: 0, queued: 0 },
        dataset,
      };
    }
    return this.#inFlight.admit({ id: stored.id, client, priority: query.priority, traceParent }, (services) =>
      this.#queue({ query, dataset, compiled }, { plan, client, stored, known, isPlanned, services }),
    );
  }

  async #queue({ query, dataset, compiled }: Planned, { plan, client, stored, known, isPlanned, services }: Unqueued): Promise<Accepted> {
    const { store, coordinator } = services;
    const total = plan.partitions.length;
    if (!(await store.getProgram(compiled.programKey))) await store.putProgram(buildProgram(compiled, dataset.schema));
    if (!isPlanned) await store.putPlan(plan);
    if (!known) await store.putQuery(stored);
    const progress = await this.#follow(plan, compiled.planned.program, (known ?? stored) as Followed["query"]);
    const keys = progress.keys;
    const found = await store.findPartials(keys);
    const subtasks: Subtask[] = [];
    for (let place = 0; place < total; place++) {
      if (place % perTurn === perTurn - 1) await turn();
      const subtask = subtaskOf(plan, place);
      if (!found.has(subtask.key)) subtasks.push(subtask);
    }
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
    const query = /^[0-9a-f]{64}$/.test(id) ? ((await this.#services.store.getQuery(id)) as Followed["query"] | undefined) : undefined;
    if (!query) throw new HttpProblem(404, "unknown-query", `There is no query ${id.slice(0, 80)}; POST it to /queries.`);
    const planned = this.#results.get(query.planKey) ?? (await this.#findPlanned(query.planKey));
    if (!planned) throw new HttpProblem(404, "unknown-query", `The plan of query ${id} is no longer stored; POST the query again.`);
    const result = await this.#findResult(query.planKey, planned);
    if (result) return { query, ...result };
    const { plan, program } = planned;
    return { query, plan, program, progress: await this.#follow(plan, program, query) };
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

  async #findResult(planKey: string, { plan, program }: Pick<FoundResult, "plan" | "program">): Promise<FoundResult | undefined> {
    const recent = this.#results.get(planKey);
    if (recent) return recent;
    const { store, log } = this.#services;
    const [bytes, note] = await Promise.all([store.getResult(planKey), store.getResultNote(planKey)]);
    if (!bytes) return undefined;
    try {
      const found = { plan, program, result: await decodePartial(bytes), note };
      this.#results.set(planKey, found);
      return found;
    } catch (error) {
      log.error({ err: error, plan: planKey }, "a stored result is damaged; its partials are merged again");
      await store.dropResult(planKey);
      return undefined;
    }
  }

  async #findPlanned(planKey: string): Promise<Pick<FoundResult, "plan" | "program"> | undefined> {
    const { store } = this.#services;
    const plan = await store.getPlan(planKey);
    const program = plan && ((await store.getProgram(plan.programKey))?.program as Program | undefined);
    return program && { plan, program };
  }

  async #follow(plan: StoredPlan, program: Program, { created, query: { priority } }: Followed["query"]): Promise<Progress> {
    const known = this.#progress.get(plan.planKey);
    if (known) return known.opened;
    const partitions = plan.partitions.length;
    const opening: Opening = { partitions, opened: Progress.open(plan, program, this.#services, { created, priority }) };
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
