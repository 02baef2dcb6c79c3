/** What `Work` is given: where it reads, and whom it tells. */
import type { SessionContext } from "./context.ts";
import type { WorkEntry } from "./work-entry.ts";

export interface WorkOptions {
  readonly context: SessionContext;
  /** Something may be there to be claimed. */
  readonly onWork: () => void;
  /** A shard has entries. */
  readonly onShard: (shard: number) => void;
  /** Another node has done what failed here. */
  readonly onDoneElsewhere: (entry: WorkEntry) => void;
  /** A query has no subtasks left. */
  readonly onIdle: (query: string) => void;
  readonly mostEntries: number;
}
