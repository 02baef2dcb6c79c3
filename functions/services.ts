/** What the functions use. The runtime gives these to `createApp`; tests give their own. */
import type { Log } from "../base/log.ts";
import type { Coordinator } from "../coordination/coordinator.ts";
import type { Catalogue } from "../datasets/dataset.ts";
import type { Store } from "../storage/store.ts";
import type { Limits } from "./admission/limits.ts";
import type { Executor } from "./compute/executor.ts";
import type { Meter } from "./metrics/meter.ts";
import type { QueryFunction } from "./query-functions/query-function.ts";
import type { Role } from "./roles.ts";
import type { Tracer } from "./tracing/tracer.ts";

export interface Services {
  readonly role: Role;
  readonly catalogue: Catalogue;
  readonly coordinator: Coordinator;
  readonly store: Store;
  /** Absent where this process computes nothing. */
  readonly executor?: Executor;
  /** What requests to the compute function must show that are not of this machine; without it they are refused. */
  readonly computeSecret?: string;
  /** Opens what only an operator may do to whoever shows it, from other machines, too: the coordinator's, which all processes of a cluster have. */
  readonly operatorSecret?: string;
  readonly assets: Assets;
  readonly log: Log;
  /** Where measurements go; without it, nothing is measured. */
  readonly meter?: Meter;
  /** Where traces of queries go; without it, nothing is traced. */
  readonly tracer?: Tracer;
  /** How much this process takes on at a time; `usualLimits` where absent. */
  readonly limits?: Limits;
  /** The named queries of `functions/queries`, by name. */
  readonly queryFunctions: ReadonlyMap<string, QueryFunction>;
  /** Reasons why this process should get no requests now; empty when ready. */
  readonly notReady: () => readonly string[];
}

/** Static files of the page, by their URL path; undefined where there is none. */
export type Assets = (path: string) => Promise<{ readonly body: Uint8Array<ArrayBuffer>; readonly type: string } | undefined>;
