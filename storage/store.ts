/**
 * The store keeps what outlives every process: queries, plans, programs, partials and results, and the catalogue of datasets.
 *
 * Promises: what a resolved `put` wrote is there after a crash. Partials and results are insert-only: the first wins, and
 * `put` says so. Bodies (partials, results) are bounded in bytes: the least recently used go first, never one that is pinned.
 * Everything goes that nobody used for as long as the store keeps things, except datasets: those stay until they are removed.
 * A body must stay as it is until its put resolves; what a get gives belongs to the caller.
 * Does not promise: transactions over several keys.
 */

import type { Registration } from "../base/registration.ts";
import type { CanonicalQuery } from "../engine/query/query.ts";
import type { StoreError } from "./store-error.ts";

export interface StoredProgram {
  readonly programKey: string;
  /** The program, as JSON. */
  readonly program: unknown;
  /** What it takes to compile it anew, together with others; as JSON. */
  readonly source?: unknown;
  /** Its WebAssembly module, complete: it can be run as it is. */
  readonly module: Uint8Array<ArrayBuffer>;
  /** What it shares with others; absent where nobody said, as of programs that earlier releases stored. */
  readonly code?: SharedCode;
}

/** A module compiled of any program of this key does for all of them, with their numbers. */
export interface SharedCode {
  readonly key: string;
  /** As JSON can have them: −0, infinities and NaN are their names. */
  readonly numbers: readonly (number | string)[];
}

export interface PlanProgram {
  readonly programKey: string;
  /** Names of the columns that the program reads. */
  readonly columns?: readonly string[];
  /** As in `Subtask`. */
  readonly shape?: string;
}

/** A program, and with it those of a query's variations, over the ordered partitions of a dataset. */
export interface StoredPlan extends PlanProgram {
  readonly planKey: string;
  readonly dataset: string;
  /** Programs of variations, each once, and none that is the plan's own. */
  readonly variations?: readonly PlanProgram[];
  readonly partitions: readonly StoredPartition[];
}

/** All programs of a plan; its own is the first. */
export const programsOf = ({
  programKey,
  columns,
  shape,
  variations = [],
}: Pick<StoredPlan, "programKey" | "columns" | "shape" | "variations">): readonly PlanProgram[] => [
  { programKey, ...(columns && { columns }), ...(shape && { shape }) },
  ...variations,
];

export interface StoredPartition {
  readonly index: number;
  readonly fingerprint: string;
  readonly entries: number;
  /** File name without its folder, for messages. */
  readonly file: string;
}

/** Where in a program stands what a query names, in the order in which the client wrote it. */
export interface Places {
  /** Of each histogram, by its name. */
  readonly places: Readonly<Record<string, number>>;
  /** Of each total, by its name; absent where there are none. */
  readonly totals?: Readonly<Record<string, number>>;
  /** Of each column of rows, likewise. */
  readonly rows?: Readonly<Record<string, number>>;
}

/** A variation of a query: its program is the one of this number among those of the plan. */
export interface StoredVariation extends Places {
  readonly program: number;
}

export interface StoredQuery extends Places {
  /** By name, in the order in which the client wrote them; absent where there are none. */
  readonly variations?: Readonly<Record<string, StoredVariation>>;
  readonly id: string;
  readonly planKey: string;
  /** The whole query with its defaults filled in: it can be shown, and asked again. */
  readonly query: CanonicalQuery;
  /** What its asker should know; absent where there is nothing. */
  readonly notices?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly created: number;
}

export interface QueryFilter {
  /** The last one of the page before. */
  readonly before?: Pick<StoredQuery, "created" | "id">;
  /** The most queries that are given. */
  readonly limit: number;
  readonly dataset?: string;
  /** Part of a name; capital letters do not matter. */
  readonly name?: string;
}

export interface ListedQuery extends Pick<StoredQuery, "id" | "planKey" | "created"> {
  readonly query: Pick<CanonicalQuery, "dataset" | "name" | "priority">;
  /** Milliseconds since the epoch; to the hour. */
  readonly lastAccess: number;
  /** Bytes of its merged result, where that is stored. */
  readonly resultBytes?: number;
}

/** `different`: the key is taken by other bytes, which stay. */
export type Inserted = "inserted" | "same" | "different";

export interface NewPartial {
  /** The subtask's key. */
  readonly key: string;
  readonly body: Uint8Array;
  /** JSON kept beside the body that is inserted, and no part of it: partials with different notes are the same. */
  readonly note?: unknown;
}

export interface NewMetadata {
  readonly key: string;
  readonly body: Uint8Array;
}

/** A partial or a result. */
export interface StoredBody {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The note that was put beside it. */
  readonly note?: unknown;
}

export interface StoreUsage {
  readonly bodies: number;
  readonly bytes: number;
  readonly limit: number;
}

export interface Store {
  putProgram(program: StoredProgram): Promise<void>;
  /** The programs of those keys that are there. */
  getPrograms(programKeys: readonly string[]): Promise<ReadonlyMap<string, StoredProgram>>;
  putPlan(plan: StoredPlan): Promise<void>;
  /** The plans of those keys that are there whole. A partition takes some hundred bytes: who wants many large plans asks for a few at a time. */
  getPlans(planKeys: readonly string[]): Promise<ReadonlyMap<string, StoredPlan>>;
  /** Tells whether the plan is there whole, without reading its partitions. */
  hasPlan(planKey: string): Promise<boolean>;
  putQuery(query: StoredQuery): Promise<void>;
  /** Also renews the last access of its plan, program and result. */
  getQuery(id: string): Promise<StoredQuery | undefined>;

  /**
   * Inserts each partial on its own, and says of each what became of it, in their order: the first body under a key stays. A `StoreError` stands for
   * one that can never be kept (`too-large`), and the others go in all the same. Rejects where the store cannot be written to: some may be
   * in then, and putting all of them again does no harm. Any number may be given: they are written some at a time, bounded in bytes.
   */
  putPartials(partials: readonly NewPartial[]): Promise<readonly (Inserted | StoreError)[]>;
  /**
   * Does what `putPartials` does inside a transaction that the caller began in the store's environment: what else it changes there, the coordinator's journal
   * for one, is on disk together with the partials, or not at all. The caller bounds their number and bytes. Absent where the store shares no environment.
   */
  putPartialsWithin?(partials: readonly NewPartial[]): readonly (Inserted | StoreError)[];
  /** The partials of those keys that are there. All their bodies are in memory together, so who wants many asks for some at a time. */
  getPartials(subtaskKeys: readonly string[]): Promise<ReadonlyMap<string, StoredBody>>;
  /** Tells which of these have a stored partial, without reading bodies. It renews their last access, unless `renews` is false. */
  findPartials(subtaskKeys: readonly string[], options?: { readonly renews?: boolean }): Promise<ReadonlySet<string>>;
  /** Removes a partial whose bytes proved damaged, so that it can be computed again. */
  dropPartial(subtaskKey: string): Promise<void>;

  /** As a partial; rejects for a body that can never be kept. */
  putResult(planKey: string, body: Uint8Array, note?: unknown): Promise<Inserted>;
  getResult(planKey: string): Promise<StoredBody | undefined>;
  /** Removes a result whose bytes proved damaged, so that it can be merged again. */
  dropResult(planKey: string): Promise<void>;

  listDatasets(): Promise<readonly Registration[]>;
  /** Writes it if the stored one has the revision before this one (for 1: if there is none); gives whether it did. */
  putDataset(dataset: Registration): Promise<boolean>;
  /** Removes it if the stored one has this revision; gives whether it did. */
  removeDataset(name: string, revision: number): Promise<boolean>;
  /**
   * Keeps what was read of files, each under a key that names the file and its state then. The first one put stays, unless one `replaces` it. As
   * `putPartials` otherwise.
   */
  putMetadata(entries: readonly NewMetadata[], options?: { readonly replaces?: boolean }): Promise<readonly (Inserted | StoreError)[]>;
  /** The bodies of those keys that are there. It renews their last access. */
  getMetadata(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>>;

  /** Queries, newest first. Renews nothing. */
  listQueries(filter: QueryFilter): Promise<readonly ListedQuery[]>;
  /**
   * Removes a plan, the queries that ask for it, its result, and its partials. Those stay that are pinned or that another plan of the same
   * program has: they are counted as `kept`.
   */
  removePlan(planKey: string): Promise<{ readonly removed: number; readonly kept: number }>;
  /** Removes everything that a store put, pinned or not, and nothing else. */
  reset(): Promise<void>;
  /** Removes what was last used longer ago than it is kept, unless pinned; gives how many records and bodies went. The store does so by itself, too. */
  removeUnused(): Promise<number>;

  /** Keeps the bodies under these keys from eviction until the returned function is called. */
  pin(keys: readonly string[]): () => void;
  usage(): Promise<StoreUsage>;
  close(): Promise<void>;
}
