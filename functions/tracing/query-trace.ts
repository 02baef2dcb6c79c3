/** The trace of one query, from its admission to its end: what dispatch calls meanwhile is recorded, what nodes did comes from the query's timing. */
import type { FollowedQuery } from "../dispatch/follow/followed-query.ts";
import type { Services } from "../services.ts";
import { describeTrace } from "./describe-trace.ts";
import { now, recordCalls } from "./record-calls.ts";
import { readTraceParent, type Span, type Tracer } from "./tracer.ts";

export interface TracedQuery {
  readonly client: string;
  /** The caller's trace context, as its header. */
  readonly traceParent?: string | undefined;
}

export class QueryTrace {
  /** Store and coordinator; calls of them are recorded. */
  readonly services: Pick<Services, "store" | "coordinator">;
  readonly #tracer: Tracer;
  readonly #query: TracedQuery;
  readonly #admitted = now();
  readonly #calls: Span[] = [];
  #accepted = this.#admitted;

  constructor(tracer: Tracer, { store, coordinator }: Pick<Services, "store" | "coordinator">, query: TracedQuery) {
    this.#tracer = tracer;
    this.#query = query;
    const calls = this.#calls;
    this.services = {
      store: recordCalls(store, { name: "store", functions: ["getPrograms", "putProgram", "putPlan", "putQuery", "findPartials"], calls }),
      coordinator: recordCalls(coordinator, { name: "coordinator", functions: ["enqueue"], calls }),
    };
  }

  accepted(): void {
    this.#accepted = now();
  }

  end({ query, plan, progress }: FollowedQuery, state: string): void {
    if (!progress) return;
    const { phases, slowest } = progress.timing;
    const root = describeTrace({
      id: query.id,
      dataset: query.query.dataset,
      client: this.#query.client,
      priority: query.query.priority,
      state,
      partitions: plan.partitions.length,
      failed: progress.partitions.failures.size,
      admitted: this.#admitted,
      accepted: this.#accepted,
      ended: now(),
      created: query.created,
      mergingSeconds: phases.merging,
      calls: this.#calls,
      slowest,
    });
    const parent = readTraceParent(this.#query.traceParent);
    this.#tracer.send({ ...(parent && { parent }), root });
  }
}
