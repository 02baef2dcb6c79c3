/** The services that the functions use. The runtime passes these to `createApp`; tests pass their own. */
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
  /** Absent if this process has no compute function. */
  readonly executor?: Executor;
  /** The secret that requests to the compute function from other machines must show; without it they are refused. */
  readonly computeSecret?: string;
  /** The secret that gives operators' rights to requests from other machines: the coordinator's, which all processes of a cluster know. */
  readonly operatorSecret?: string;
  readonly assets: Assets;
  readonly log: Log;
  /** Where measurements go; without it, nothing is measured. */
  readonly meter?: Meter;
  /** Where traces of queries go; without it, nothing is traced. */
  readonly tracer?: Tracer;
  /** How much this process takes on at a time; `usualLimits` if absent. */
  readonly limits?: Limits;
  /** The named queries of `functions/queries`, by name. */
  readonly queryFunctions: ReadonlyMap<string, QueryFunction>;
  /** Reasons why this process should get no requests now; empty when ready. */
  readonly notReady: () => readonly string[];
}

/** Finds a static file of the page by its URL path; undefined if there is none. */
export type Assets = (path: string) => Promise<{ readonly body: Uint8Array<ArrayBuffer>; readonly type: string } | undefined>;
