/** The trace of one query from its admission to its end. Calls of dispatch are recorded; the work of nodes comes from the query's timing. */
import type { QueryState } from "../api.ts";
import type { FollowedQuery } from "../dispatch/follow/followed-query.ts";
import { type TimedCall, timeCalls } from "../metrics/time-calls.ts";
import type { Services } from "../services.ts";
import { describeTrace } from "./describe-trace.ts";
import { readTraceParent, type Span, type Tracer } from "./tracer.ts";

export interface TracedQuery {
  readonly client: string;
  /** The caller's trace context, as in the header `traceparent`. */
  readonly traceParent?: string | undefined;
}

export class QueryTrace {
  /** Store and coordinator, with their calls recorded. */
  readonly services: Pick<Services, "store" | "coordinator">;
  readonly #tracer: Tracer;
  readonly #query: TracedQuery;
  readonly #admitted = now();
  readonly #calls: Span[] = [];
  #accepted = this.#admitted;

  constructor(tracer: Tracer, { store, coordinator }: Pick<Services, "store" | "coordinator">, query: TracedQuery) {
    this.#tracer = tracer;
    this.#query = query;
    const recordAs =
      (service: string) =>
      ({ operation, start, end, isFailed }: TimedCall<string>) =>
        void this.#calls.push({
          name: `${service}.${operation}`,
          start: sinceEpoch(start),
          end: sinceEpoch(end),
          ...(isFailed && { failed: true }),
        });
    this.services = {
      store: timeCalls(store, ["getPrograms", "putProgram", "putPlan", "putQuery", "findPartials"], recordAs("store")),
      coordinator: timeCalls(coordinator, ["enqueue"], recordAs("coordinator")),
    };
  }

  accepted(): void {
    this.#accepted = now();
  }

  end(followed: FollowedQuery, state: QueryState): void {
    if (!followed.progress) return;
    const { client } = this.#query;
    const own = { client, state, admitted: this.#admitted, accepted: this.#accepted, ended: now(), calls: this.#calls };
    const root = describeTrace(followed, followed.progress, own);
    const parent = readTraceParent(this.#query.traceParent);
    this.#tracer.send({ ...(parent && { parent }), root });
  }
}

const sinceEpoch = (time: number): number => performance.timeOrigin + time;

const now = (): number => sinceEpoch(performance.now());
