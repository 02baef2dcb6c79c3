/** What `Work` is given: where it reads, and whom it tells. */
import type { SessionContext } from "../context.ts";
import type { WorkEntry } from "./work-entry.ts";

export interface WorkOptions {
  readonly context: SessionContext;
  /** Something may be there to be claimed. */
  readonly onWork: () => void;
  /** A shard has entries. */
  readonly onShard: (shard: number) => void;
  /** What failed here is gone: others have done it, or it was withdrawn. The shard's news is not taken in yet. */
  readonly onGone: (entry: WorkEntry) => void;
  /** A query has no subtasks left. */
  readonly onIdle: (query: string) => void;
  readonly mostEntries: number;
}
