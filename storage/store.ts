/**
 * The store keeps what outlives every process: queries, plans, programs, partials and results, and the catalogue of datasets.
 *
 * Guarantees: what a resolved `put` wrote survives a crash. Partials and results are insert-only: the first one stays, and
 * `put` tells so. The bytes of bodies (partials, results) are bounded: the least recently used are evicted, but never pinned ones.
 * Whatever is not used for the store's period of keeping is removed, except datasets, which stay until they are removed by name.
 * Callers must not change a body until its put resolves; what a get returns belongs to the caller.
 * Not guaranteed: transactions over several keys.
 */

import type { Registration } from "../base/registration.ts";
import type { CanonicalQuery } from "../engine/query/query.ts";
import type { StoreError } from "./store-error.ts";

export interface StoredProgram {
  readonly programKey: string;
  /** The program, as JSON. */
  readonly program: unknown;
  /** What compiling it again, together with others, needs besides the program, as JSON (`engine/program/source.ts`). */
  readonly source?: unknown;
  /** Its complete WebAssembly module, ready to run. */
  readonly module: Uint8Array<ArrayBuffer>;
  /** The code that it shares with programs that differ only in numbers; absent if not known, as for programs that earlier releases stored. */
  readonly code?: SharedCode;
}

/** A module that was compiled for one program of this key runs all others of the key, too, if it is given their numbers. */
export interface SharedCode {
  readonly key: string;
  /** The numbers of this program. −0, infinities and NaN are strings, since JSON has no numbers for them. */
  readonly numbers: readonly (number | string)[];
}

export interface PlanProgram {
  readonly programKey: string;
  /** Names of the columns that the program reads. */
  readonly columns?: readonly string[];
  /** The same as `shape` of `Subtask`. */
  readonly shape?: string;
}

/** The work of a query: its program and those of its variations, over the ordered partitions of a dataset. */
export interface StoredPlan extends PlanProgram {
  readonly planKey: string;
  readonly dataset: string;
  /** The programs of variations, each listed once; the plan's own program is not among them. */
  readonly variations?: readonly PlanProgram[];
  readonly partitions: readonly StoredPartition[];
}

/** All programs of a plan: first its own, then those of variations. */
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
  /** The name of the file without its folder, for messages. */
  readonly file: string;
}

/** Leads from the names in a query to the positions of histograms, totals and columns in its program. The names are in the order of the query. */
export interface Places {
  /** The position of each histogram, by its name. */
  readonly places: Readonly<Record<string, number>>;
  /** The position of each total, by its name; absent if there are none. */
  readonly totals?: Readonly<Record<string, number>>;
  /** The position of each column of rows, by its name; absent if there are none. */
  readonly rows?: Readonly<Record<string, number>>;
}

/** A variation of a query. `program` is the position of its program among those of the plan (`programsOf`). */
export interface StoredVariation extends Places {
  readonly program: number;
}

export interface StoredQuery extends Places {
  /** The variations by name, in the order of the client's query; absent if there are none. */
  readonly variations?: Readonly<Record<string, StoredVariation>>;
  readonly id: string;
  readonly planKey: string;
  /** The whole query with its defaults filled in, so that it can be shown and submitted again. */
  readonly query: CanonicalQuery;
  /** Notices for the client that submitted it; absent if there are none. */
  readonly notices?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly created: number;
}

export interface QueryFilter {
  /** The last query of the page before; only older ones are listed. */
  readonly before?: Pick<StoredQuery, "created" | "id">;
  /** The most queries that are returned. */
  readonly limit: number;
  readonly dataset?: string;
  /** A part of the query's name; upper and lower case are equal. */
  readonly name?: string;
}

export interface ListedQuery extends Pick<StoredQuery, "id" | "planKey" | "created"> {
  readonly query: Pick<CanonicalQuery, "dataset" | "name" | "priority">;
  /** In milliseconds since the epoch, exact to the hour. */
  readonly lastAccess: number;
  /** The bytes of its merged result, if that is stored. */
  readonly resultBytes?: number;
}

/** `different`: other bytes are stored under the key, and they stay. */
export type Inserted = "inserted" | "same" | "different";

export interface NewPartial {
  /** The subtask's key. */
  readonly key: string;
  readonly body: Uint8Array;
  /** JSON that is kept beside the body. It does not count in comparisons: partials that differ only in their notes are the same. */
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
  /** Whether the bytes never left the memory of the process that computed them, so that their checksum need not be compared. */
  readonly isIntact?: boolean;
}

export interface StoreUsage {
  readonly bodies: number;
  readonly bytes: number;
  readonly limit: number;
}

export interface Store {
  /**
   * Whether what is put here, and what the coordinator writes, reaches the disk in the order of the calls, and nodes have a program as soon as it is put. Then
   * subtasks may be queued before the put of their program has resolved. Absent if not.
   */
  readonly keepsOrder?: boolean;
  putProgram(program: StoredProgram): Promise<void>;
  /** Returns those of the programs that are stored. */
  getPrograms(programKeys: readonly string[]): Promise<ReadonlyMap<string, StoredProgram>>;
  putPlan(plan: StoredPlan): Promise<void>;
  /** Returns those of the plans that are stored completely. A partition takes some hundred bytes of memory, so ask for few large plans at a time. */
  getPlans(planKeys: readonly string[]): Promise<ReadonlyMap<string, StoredPlan>>;
  /** Tells whether the plan is stored completely, without reading its partitions. */
  hasPlan(planKey: string): Promise<boolean>;
  putQuery(query: StoredQuery): Promise<void>;
  /** Also renews the last access of its plan, program and result. */
  getQuery(id: string): Promise<StoredQuery | undefined>;

  /**
   * Inserts each partial separately and returns their outcomes in the same order. The first body under a key stays. A partial that can never be kept has
   * a `StoreError` (`too-large`) as its outcome; the others are inserted all the same. Rejects if the store cannot be written to: some may have been
   * inserted then, and the call can safely be repeated. The number is not limited: they are written in groups of bounded bytes.
   */
  putPartials(partials: readonly NewPartial[]): Promise<readonly (Inserted | StoreError)[]>;
  /**
   * Does the same as `putPartials`, inside a transaction that the caller began in the store's environment. The caller's other changes, such as the
   * coordinator's journal, reach the disk together with the partials or not at all. The caller bounds number and bytes. Absent if no environment is shared.
   */
  putPartialsWithin?(partials: readonly NewPartial[]): readonly (Inserted | StoreError)[];
  /** Returns those of the partials that are stored. All their bodies are in memory together, so ask for a bounded number at a time. */
  getPartials(subtaskKeys: readonly string[]): Promise<ReadonlyMap<string, StoredBody>>;
  /** Returns the keys that have a stored partial, without reading bodies. It renews their last access, unless `renews` is false. */
  findPartials(subtaskKeys: readonly string[], options?: { readonly renews?: boolean }): Promise<ReadonlySet<string>>;
  /** Removes a partial whose bytes proved damaged, so that it can be computed again. */
  dropPartial(subtaskKey: string): Promise<void>;

  /** Inserts a result as `putPartials` inserts a partial, but rejects if the body is too large ever to be kept. */
  putResult(planKey: string, body: Uint8Array, note?: unknown): Promise<Inserted>;
  getResult(planKey: string): Promise<StoredBody | undefined>;
  /** Removes a result whose bytes proved damaged, so that it can be merged again. */
  dropResult(planKey: string): Promise<void>;

  listDatasets(): Promise<readonly Registration[]>;
  /** Writes the dataset if the stored one has the preceding revision (for revision 1: if none is stored); returns whether it did. */
  putDataset(dataset: Registration): Promise<boolean>;
  /** Removes the dataset if the stored one has this revision; returns whether it did. */
  removeDataset(name: string, revision: number): Promise<boolean>;
  /**
   * Keeps metadata of files, each under a key that names the file and its state when it was read. The first entry under a key stays, unless `replaces` is
   * set. Otherwise like `putPartials`.
   */
  putMetadata(entries: readonly NewMetadata[], options?: { readonly replaces?: boolean }): Promise<readonly (Inserted | StoreError)[]>;
  /** Returns the stored bodies of these keys, and renews their last access. */
  getMetadata(keys: readonly string[]): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>>;

  /** Lists queries, newest first. It does not renew their last access. */
  listQueries(filter: QueryFilter): Promise<readonly ListedQuery[]>;
  /**
   * Removes a plan, its queries, its result, and its partials. Partials stay, and are counted as `kept`, if they are pinned or another plan
   * has them, too.
   */
  removePlan(planKey: string): Promise<{ readonly removed: number; readonly kept: number }>;
  /** Removes everything that stores wrote, even if it is pinned, and nothing else. */
  reset(): Promise<void>;
  /** Removes what was not used for the period of keeping, unless it is pinned; returns how many records and bodies. The store also does so by itself. */
  removeUnused(): Promise<number>;

  /** Keeps the bodies under these keys from eviction until the returned function is called. */
  pin(keys: readonly string[]): () => void;
  usage(): Promise<StoreUsage>;
  close(): Promise<void>;
}
