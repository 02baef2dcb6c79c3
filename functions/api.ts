/** The shapes that HTTP answers have, as `docs/http.md` describes them. */
import type { QueryIssue } from "../engine/query-error.ts";
import type { UhiHistogram } from "../engine/uhi.ts";

export interface Status {
  readonly id: string;
  readonly name?: string;
  readonly state: "waiting" | "running" | "done" | "failed" | "cancelled";
  readonly dataset: string;
  readonly priority: number;
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
  readonly cutflow: readonly { readonly filter: string; readonly events: number; readonly weight: number }[];
  /** UHI histograms by name. */
  readonly histograms: Readonly<Record<string, UhiHistogram>>;
  readonly failures: readonly { readonly partition: number; readonly file: string; readonly attempts: number; readonly cause: string }[];
  readonly timing: { readonly submitted: string; readonly seconds: number };
  /** ISO 8601. */
  readonly lastUpdate: string;
  /** Only in the answer to the POST: how many partitions needed no computing, were already under way, were queued. */
  readonly submission?: { readonly total: number; readonly stored: number; readonly joined: number; readonly queued: number };
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
