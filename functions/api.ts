/** The shapes that HTTP answers have, as `docs/http.md` describes them. */

import type { Node, NodeSupply } from "../coordination/coordinator.ts";
import type { UhiHistogram } from "../engine/histogram/uhi.ts";
import type { QueryIssue } from "../engine/query/query-error.ts";

export type QueryState = "waiting" | "running" | "done" | "failed" | "cancelled";

/** How many partitions of a query needed no computing, were already under way, and were queued. */
export interface Submission {
  readonly total: number;
  readonly stored: number;
  readonly joined: number;
  readonly queued: number;
}

export interface Status {
  readonly id: string;
  readonly name?: string;
  readonly state: QueryState;
  readonly dataset: string;
  readonly priority: number;
  /** Of all programs: each variation that is a program of its own has as many partitions as the query itself. */
  readonly partitions: {
    readonly total: number;
    readonly waiting: number;
    readonly loading: number;
    readonly running: number;
    readonly done: number;
    readonly failed: number;
  };
  readonly events: { readonly total: number; readonly done: number };
  /** In the answer to the POST, while the dataset is still being made: ask again later for the rest. */
  readonly preparing?: { readonly entries: number; readonly total: number };
  /** Events, and their weight, that passed each filter and those before it. */
  /** First all events done, its filter null; then those that passed each filter. */
  readonly cutflow: readonly { readonly filter: string | null; readonly events: number; readonly weight: number }[];
  /** Sums over all events, before any filter: exact, and rounded once. `nonFinite`: values that are left out because they are not finite. */
  readonly totals: Readonly<Record<string, { readonly value: number; readonly nonFinite: number }>>;
  /** UHI histograms by name. */
  readonly histograms: Readonly<Record<string, UhiHistogram>>;
  /** Of a query that asks for them: how many there are so far. */
  readonly rows?: { readonly columns: readonly string[]; readonly count: number; readonly limit: number };
  /** The same of each variation, by name. */
  readonly variations: Readonly<Record<string, Pick<Status, "events" | "cutflow" | "totals" | "histograms">>>;
  /** The first 100 of `partitions.failed`. `variation`: its program is that of a variation, and not of the query itself. */
  readonly failures: readonly {
    readonly partition: number;
    readonly file: string;
    readonly variation?: string;
    readonly attempts: number;
    readonly cause: string;
  }[];
  /** Why the query may have to wait for long: `no nodes` where there is no compute node, else why this server is not ready. */
  readonly note?: string;
  /** What its asker should know: where integers beyond 2^53 are rounded, what a variation leaves nominal. */
  readonly notices?: readonly string[];
  readonly timing: Timing;
  /** ISO 8601. */
  readonly lastUpdate: string;
  /** Only in the answer to the POST. */
  readonly submission?: Submission;
}

/** Where a query's time went. */
export interface Timing {
  readonly submitted: string;
  /** From the submission to the last change; for a stored result those of the run that made it. */
  readonly seconds: number;
  /** The merged result was stored: nothing was computed, and the figures are those of the run that made it. */
  readonly stored?: true;
  /**
   * `waiting` until the first partition was begun; the others are sums over partitions, more than `seconds` where many were worked on at a time.
   * Absent where they were not kept.
   */
  readonly phases?: PhaseSeconds;
  /** How many partitions the phases tell of; the others were stored before, or their node did not measure. */
  readonly measured?: number;
  /** Of these, partitions of which no event could pass one of the filters: what follows it was not read. */
  readonly skipped?: number;
  /** Those that took their nodes longest, longest first, at most ten. */
  readonly slowest?: readonly SlowPartition[];
}

/** `reading` and `decoding` are threads' time, inside of `loading`; `thread` is the wait for a free one. */
export interface PhaseSeconds {
  readonly waiting: number;
  readonly compiling: number;
  readonly loading: number;
  readonly reading: number;
  readonly decoding: number;
  readonly thread: number;
  readonly computing: number;
  readonly saving: number;
  readonly merging: number;
}

export interface SlowPartition extends Omit<PhaseSeconds, "merging"> {
  readonly partition: number;
  readonly file: string;
  readonly node: string;
}

/** The answer to `GET /nodes`. Times are in ISO 8601. */
export interface NodesAnswer {
  readonly nodes: readonly (Omit<Node, "since" | "quarantined"> & {
    readonly since: string;
    readonly quarantined?: { readonly until: string; readonly cause: string };
  })[];
  /** Where something starts nodes as they are needed. */
  readonly supply?: NodeSupply;
  readonly subtasks: { readonly unowned: number; readonly owned: number; readonly failed: number };
  readonly store: { readonly bodies: number; readonly bytes: number; readonly limit: number };
}

/** RFC 9457, with a code of our own and, for a bad query, where it is bad. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly errors?: readonly QueryIssue[];
}

/** Whether a query has ended, in any way: then it changes no more by itself. */
export const isEnded = ({ state }: Pick<Status, "state">): boolean => state !== "waiting" && state !== "running";
