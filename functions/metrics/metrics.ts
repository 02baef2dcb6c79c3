/**
 * All metrics, as plain data. A metric has at most one label, and all its values are listed here, so that no query, dataset or client
 * can add a time series. Times are in seconds, sizes in bytes.
 */

interface Label {
  readonly name: string;
  readonly values: readonly string[];
}

export interface Metric {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly label?: Label;
}

/** Priorities from 0 to 999 in ten bands of a hundred. */
const priorityBands = ["0-99", "100-199", "200-299", "300-399", "400-499", "500-599", "600-699", "700-799", "800-899", "900-999"] as const;

/** The band of a priority from 0 to 999. */
export function priorityBand(priority: number): (typeof priorityBands)[number] {
  const band = Math.floor(priority / 100);
  return priorityBands[Math.min(priorityBands.length - 1, Math.max(0, band))];
}

export const storeOperations = [
  "putProgram",
  "getPrograms",
  "putPlan",
  "getPlans",
  "putQuery",
  "getQuery",
  "putPartials",
  "getPartials",
  "findPartials",
  "dropPartial",
  "putResult",
  "getResult",
  "listQueries",
  "removePlan",
  "usage",
] as const;

export const coordinatorOperations = ["enqueue", "states", "renew", "withdraw", "retry"] as const;
/** The measured calls of a node that has joined. */
export const nodeOperations = ["complete", "fail", "release"] as const;

const routes = ["queries", "query", "events", "explain", "datasets", "functions", "compute", "status", "page", "other"] as const;

const priority = { name: "priority", values: priorityBands } as const;

export const metrics = {
  femtoq_queries_total: {
    kind: "counter",
    help: "Queries that were asked, by what they needed: nothing (stored), what was under way (joined), computing (queued); or refused",
    label: { name: "outcome", values: ["stored", "joined", "queued", "refused"] },
  },
  femtoq_queries_ended_total: {
    kind: "counter",
    help: "Queries followed here that ended; incomplete: done, but for partitions that failed",
    label: { name: "state", values: ["done", "incomplete", "failed", "cancelled"] },
  },
  femtoq_queries_in_flight: {
    kind: "gauge",
    help: "Queries asked here that have not ended",
    label: { name: "state", values: ["waiting", "running"] },
  },
  femtoq_query_seconds: { kind: "histogram", help: "From a query's acceptance to its end, of those that needed computing" },
  femtoq_queue_subtasks: {
    kind: "gauge",
    help: "Subtasks that the coordinator has; the same from every process of a cluster",
    label: { name: "state", values: ["waiting", "running", "failed"] },
  },
  femtoq_supplied_nodes: {
    kind: "gauge",
    help: "Compute nodes that this process starts where they are needed: how many are wanted, and how many of them are there",
    label: { name: "state", values: ["wanted", "there"] },
  },
  femtoq_queue_depth: { kind: "gauge", help: "Subtasks that wait, of the queries asked here, by the query's priority", label: priority },
  femtoq_queue_age_seconds: {
    kind: "gauge",
    help: "Age of the oldest query asked here that has subtasks waiting, by its priority",
    label: priority,
  },
  femtoq_claim_wait_seconds: {
    kind: "histogram",
    help: "From a query's acceptance to the claim of each of its subtasks, by the query's priority",
    label: priority,
  },
  femtoq_subtasks_total: {
    kind: "counter",
    help: "Claims that this node ended, by how",
    label: { name: "outcome", values: ["computed", "stored", "failed", "released", "lost"] },
  },
  femtoq_subtask_seconds: {
    kind: "histogram",
    help: "Where a subtask's time on this node went; loading is the wait for columns, thread that for a free thread",
    label: { name: "phase", values: ["compiling", "loading", "thread", "computing", "saving", "completing"] },
  },
  femtoq_partitions_skipped_total: {
    kind: "counter",
    help: "Partitions of which no event can pass a filter, as bounds of their columns tell: of which nothing was read (wholly), or what totals and the filters before it need (partly)",
    label: { name: "read", values: ["wholly", "partly"] },
  },
  femtoq_known_bounds: { kind: "gauge", help: "Columns of partitions whose least and most value are known since they were loaded once" },
  femtoq_columns_total: {
    kind: "counter",
    help: "Columns that subtasks needed, by where they were found",
    label: { name: "found", values: ["memory", "disk", "files"] },
  },
  femtoq_read_bytes_total: { kind: "counter", help: "Bytes read from data files" },
  femtoq_read_seconds_total: {
    kind: "counter",
    help: "Time that threads spent on columns: reading bytes, then decompressing and decoding them",
    label: { name: "step", values: ["reading", "decoding"] },
  },
  femtoq_cache_bytes: { kind: "gauge", help: "Memory taken by columns and work areas" },
  femtoq_disk_cache_bytes: { kind: "gauge", help: "Disk taken by columns (`--disk-cache`)" },
  femtoq_disk_cache_limit_bytes: { kind: "gauge", help: "Disk there is for columns" },
  femtoq_cache_limit_bytes: { kind: "gauge", help: "Memory there is for columns and work areas" },
  femtoq_workers: { kind: "gauge", help: "Worker threads", label: { name: "state", values: ["busy", "idle"] } },
  femtoq_worker_busy_seconds_total: {
    kind: "counter",
    help: "Time that worker threads were busy, all together; its rate over the number of threads is their utilisation",
    label: { name: "job", values: ["run", "load", "demo"] },
  },
  femtoq_merge_seconds: { kind: "histogram", help: "Reading, decoding and adding one partial" },
  femtoq_store_seconds: { kind: "histogram", help: "Calls of the store", label: { name: "operation", values: storeOperations } },
  femtoq_store_failures_total: {
    kind: "counter",
    help: "Calls of the store that failed",
    label: { name: "operation", values: storeOperations },
  },
  femtoq_store_bytes: { kind: "gauge", help: "Bytes of stored partials and results" },
  femtoq_store_limit_bytes: { kind: "gauge", help: "The most bytes of partials and results that are stored" },
  femtoq_coordinator_seconds: {
    kind: "histogram",
    help: "Calls of the coordinator",
    label: { name: "operation", values: [...coordinatorOperations, ...nodeOperations] },
  },
  femtoq_coordinator_failures_total: {
    kind: "counter",
    help: "Calls of the coordinator that failed",
    label: { name: "operation", values: [...coordinatorOperations, ...nodeOperations] },
  },
  femtoq_http_seconds: {
    kind: "histogram",
    help: "From a request to the head of its answer; waiting that the client asked for is part of it",
    label: { name: "route", values: routes },
  },
  femtoq_http_answers_total: {
    kind: "counter",
    help: "Answers by the class of their status",
    label: { name: "status", values: ["2xx", "3xx", "4xx", "429", "5xx", "503"] },
  },
  femtoq_event_streams: { kind: "gauge", help: "Clients that follow a query by server-sent events" },
  femtoq_refused_total: {
    kind: "counter",
    help: "Requests refused for load, by the limit that was reached",
    label: {
      name: "limit",
      values: [
        "requests",
        "client-requests",
        "queries",
        "client-queries",
        "plans",
        "client-plans",
        "streams",
        "client-streams",
        "bodies",
        "client-bodies",
        "queue",
        "wait",
        "computations",
      ],
    },
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof metrics;

type OfKind<Kind extends Metric["kind"]> = {
  [Name in MetricName]: (typeof metrics)[Name]["kind"] extends Kind ? Name : never;
}[MetricName];

export type CounterName = OfKind<"counter">;
export type GaugeName = OfKind<"gauge">;
export type HistogramName = OfKind<"histogram">;

/** The values of a metric's label; undefined for a metric without a label. */
export type LabelOf<Name extends MetricName> = (typeof metrics)[Name] extends {
  readonly label: { readonly values: readonly (infer Value extends string)[] };
}
  ? Value
  : undefined;
