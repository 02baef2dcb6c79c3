/** What the functions use. The runtime puts these into the context of every request; tests put in their own. */
import type { Coordinator } from "../coordination/coordinator.ts";
import type { Catalogue } from "../datasets/dataset.ts";
import type { Store } from "../storage/store.ts";
import type { Dispatcher } from "./dispatch/dispatcher.ts";
import type { QueryFunction } from "./query-functions/query-function.ts";

export interface Services {
  readonly catalogue: Catalogue;
  readonly coordinator: Coordinator;
  readonly store: Store;
  readonly executor: Executor;
  readonly assets: Assets;
  readonly log: Log;
  /** The named queries of `functions/queries`, by name. */
  readonly queryFunctions: ReadonlyMap<string, QueryFunction>;
  /** Reasons why this process should get no requests now; empty when ready. */
  readonly notReady: () => readonly string[];
}

/** Runs a program over a partition on some thread of this process. */
export interface Executor {
  /**
   * The partial, encoded. Rejects with `DatasetError` for unreadable data and with the signal's reason when aborted.
   * `onRunning` is called when the columns are loaded.
   */
  run(task: ComputeTask, options: { readonly signal: AbortSignal; readonly onRunning?: () => void }): Promise<Uint8Array<ArrayBuffer>>;
}

/** Names and numbers, never paths. */
export interface ComputeTask {
  readonly programKey: string;
  readonly dataset: string;
  readonly partition: number;
  readonly fingerprint: string;
}

/** Static files of the page, by their URL path; undefined where there is none. */
export type Assets = (path: string) => Promise<{ readonly body: Uint8Array<ArrayBuffer>; readonly type: string } | undefined>;

export interface Log {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

export type Environment = { Variables: { services: Services; dispatcher: Dispatcher } };
