/** A query that ended, as a trace: what dispatch did, what its slowest partitions went through on their nodes. Pure. */
import type { SlowPartition } from "../api.ts";
import type { Span } from "./tracer.ts";

export interface EndedQuery {
  readonly id: string;
  readonly dataset: string;
  readonly client: string;
  readonly priority: number;
  readonly state: string;
  readonly partitions: number;
  readonly failed: number;
  /** Milliseconds since the epoch. */
  readonly admitted: number;
  readonly accepted: number;
  readonly ended: number;
  /** When the query was asked first: its waits are counted from then. */
  readonly created: number;
  readonly mergingSeconds: number;
  readonly calls: readonly Span[];
  readonly slowest: readonly SlowPartition[];
}

export function describeTrace(query: EndedQuery): Span {
  const { id, dataset, client, priority, state, partitions, failed, admitted, accepted, ended, calls, slowest } = query;
  return {
    name: "query",
    start: admitted,
    end: ended,
    failed: state === "failed" || failed > 0,
    attributes: {
      "femtoq.query": id,
      "femtoq.dataset": dataset,
      "femtoq.client": client,
      "femtoq.priority": priority,
      "femtoq.state": state,
      "femtoq.partitions": partitions,
      "femtoq.partitions.failed": failed,
      "femtoq.merging.seconds": query.mergingSeconds,
    },
    children: [
      { name: "dispatch", start: admitted, end: accepted, children: calls },
      ...slowest.map((partition) => describePartition(partition, query.created)),
    ],
  };
}

/** The steps of a subtask, in the order in which the node did them. */
const steps = ["compiling", "loading", "thread", "computing", "saving"] as const;

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
