/** The types of HTTP answers, which `docs/http.md` describes. */

import type { Node, NodeSupply } from "../coordination/coordinator.ts";
import type { UhiHistogram } from "../engine/histogram/uhi.ts";
import type { QueryIssue } from "../engine/query/query-error.ts";

export type QueryState = "waiting" | "running" | "done" | "failed" | "cancelled";

/** How many partitions of a query were stored, were already under way, and were queued. */
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
  /** Counts over all programs: a variation with a program of its own adds as many partitions as the query itself has. */
  readonly partitions: {
    readonly total: number;
    readonly waiting: number;
    readonly loading: number;
    readonly running: number;
    readonly done: number;
    readonly failed: number;
  };
  readonly events: { readonly total: number; readonly done: number };
  /** Present in the answer to the POST while the dataset is still being made; asking again later includes the rest. */
  readonly preparing?: { readonly entries: number; readonly total: number };
  /** The events, and their weight: first all events done, with the filter null, then those that passed each filter and the ones before it. */
  readonly cutflow: readonly { readonly filter: string | null; readonly events: number; readonly weight: number }[];
  /** Sums over all events, before any filter, exact and rounded once. `nonFinite` counts the values left out because they are not finite. */
  readonly totals: Readonly<Record<string, { readonly value: number; readonly nonFinite: number }>>;
  /** UHI histograms by name. */
  readonly histograms: Readonly<Record<string, UhiHistogram>>;
  /** The number of rows so far, if the query asks for rows. */
  readonly rows?: { readonly columns: readonly string[]; readonly count: number; readonly limit: number };
  /** The results of each variation, by name. */
  readonly variations: Readonly<Record<string, Pick<Status, "events" | "cutflow" | "totals" | "histograms">>>;
  /** The first 100 failed partitions. `variation` is present if the failed program is a variation's and not the query's own. */
  readonly failures: readonly {
    readonly partition: number;
    readonly file: string;
    readonly variation?: string;
    readonly attempts: number;
    readonly cause: string;
  }[];
  /** Why the query may have to wait long: `no nodes` if there is no compute node, else the reason why this server is not ready. */
  readonly note?: string;
  /** Notices for the query's author: where integers beyond 2^53 are rounded, and what a variation leaves nominal. */
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
  /** The seconds from the submission to the last change; for a stored result those of the run that made it. */
  readonly seconds: number;
  /** True if the merged result was stored already: nothing was computed, and the figures are those of the run that made it. */
  readonly stored?: true;
  /**
   * `waiting` is the time until the first partition was begun. The others are sums over partitions, which may exceed `seconds` since partitions are
   * computed in parallel. Absent if they were not kept.
   */
  readonly phases?: PhaseSeconds;
  /** The number of partitions in the phases; the others were stored before, or their node did not measure. */
  readonly measured?: number;
  /** How many of these were skipped, because none of their events could pass one of the filters; columns needed only after it were not read. */
  readonly skipped?: number;
  /** Up to ten partitions that took their nodes longest, the longest first. */
  readonly slowest?: readonly SlowPartition[];
}

/** Seconds of each phase. `reading` and `decoding` are threads' time during `loading`; `thread` is the wait for a free thread. */
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
  /** Present if something starts nodes as they are needed. */
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

/** Whether a query has ended, in any way, and changes no more by itself. */
export const isEnded = ({ state }: Pick<Status, "state">): boolean => state !== "waiting" && state !== "running";
