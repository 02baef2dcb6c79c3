/** Turns a query that ended into a trace: the steps of dispatch, and the phases of its slowest partitions on their nodes. */
import type { QueryState, SlowPartition } from "../api.ts";
import type { FollowedQuery } from "../dispatch/follow/followed-query.ts";
import type { Progress } from "../dispatch/follow/progress.ts";
import type { Span } from "./tracer.ts";

/** What dispatch knows of an ended query. Times are in milliseconds since the epoch. */
export interface EndedQuery {
  readonly client: string;
  readonly state: QueryState;
  readonly admitted: number;
  readonly accepted: number;
  readonly ended: number;
  /** The calls of store and coordinator. */
  readonly calls: readonly Span[];
}

export function describeTrace({ query, plan }: FollowedQuery, progress: Progress, ended: EndedQuery): Span {
  const failed = progress.partitions.failures.size;
  const { phases, slowest } = progress.timing;
  return {
    name: "query",
    start: ended.admitted,
    end: ended.ended,
    failed: ended.state === "failed" || failed > 0,
    attributes: {
      "femtoq.query": query.id,
      "femtoq.dataset": query.query.dataset,
      "femtoq.client": ended.client,
      "femtoq.priority": query.query.priority,
      "femtoq.state": ended.state,
      "femtoq.partitions": plan.partitions.length,
      "femtoq.partitions.failed": failed,
      "femtoq.merging.seconds": phases.merging,
    },
    children: [
      { name: "dispatch", start: ended.admitted, end: ended.accepted, children: ended.calls },
      ...slowest.map((partition) => describePartition(partition, query.created)),
    ],
  };
}

/** The steps of a subtask, in the order in which the node did them. */
const steps = ["compiling", "loading", "thread", "computing", "saving"] as const;

/** `created` is when the query was first submitted; waits are counted from then. */
function describePartition(partition: SlowPartition, created: number): Span {
  const start = created + partition.waiting * 1000;
  let end = start;
  const children = steps.map((name): Span => {
    const begun = end;
    end += partition[name] * 1000;
    return { name, start: begun, end };
  });
  return {
    name: `partition ${partition.partition}`,
    start: created,
    end,
    attributes: { "femtoq.partition": partition.partition, "femtoq.file": partition.file, "femtoq.node": partition.node },
    children: [{ name: "waiting", start: created, end: start }, ...children],
  };
}
