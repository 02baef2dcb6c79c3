/**
 * Keeps decoded columns on the disk, beside those in memory, in one directory of block files with a limit of bytes.
 *
 * Guarantees: a copy's name has the partition's fingerprint, the column's form and the reader's version in it, so it is never taken for another file's or
 * an older reader's. The directory may be deleted, whole or in part, at any time: columns are then read from their files again. Several processes may
 * share it; copies of others are found, and count towards the limit, after a while. Only their owner can read the copies. Queries never fail because
 * of the disk: after an error it is not used for a minute, with one warning in the log.
 */
import { createHash } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import pMap from "p-map";
import type { Log } from "../../../base/log.ts";
import type { ColumnLocation } from "../../dataset.ts";
import { CachedColumn } from "../cached-column.ts";
import { unfinished } from "./block-file.ts";
import { BlockIndex } from "./block-index.ts";
import type { DiskOutcome, DiskPlace } from "./read-through.ts";

/** Part of every name; must change when decoding makes other arrays. */
const edition = "columns 1";
/** Fingerprint, digest of the column's form, and its name. Together with the ending of unfinished files these must fit into 255 bytes. */
const fileName = /^([0-9a-f]{64})\.[0-9a-f]{16}\.([^/]{1,120})$/;
/** The beginning of the name of a copy, also while it is written. */
const beginning = /^[0-9a-f]{64}\.[0-9a-f]{16}\./;
/** In milliseconds. */
const restAfterFailure = 60_000;
const abandonedAfter = 3_600_000;
/** The directory is looked at again each time this fraction (1 / 16) of the limit was written. */
const looksPerLimit = 16;

export interface PlannedCopy extends DiskPlace {
  readonly name: string;
  /** The bytes that are kept free for it until `settle`. */
  readonly reserved: number;
}

export class DiskTier {
  readonly limit: number;
  readonly #directory: string;
  readonly #log: Log;
  readonly #index: BlockIndex;
  /** For each fingerprint: the names of its columns, and how many copies each has. */
  readonly #columns = new Map<string, Map<string, number>>();
  /** Resolves when the directory was read for the first time. */
  readonly opened: Promise<void>;
  #reserved = 0;
  #sinceLook = 0;
  #restsUntil = 0;
  #hasWarned = false;
  #looking: Promise<void> | undefined;

  constructor({ directory, limit, log }: { readonly directory: string; readonly limit: number; readonly log: Log }) {
    this.limit = limit;
    this.#directory = directory;
    this.#log = log;
    this.#index = new BlockIndex(limit);
    this.opened = this.#look();
  }

  get bytes(): number {
    return this.#index.bytes;
  }

  /** The names of the columns of a partition that have copies. */
  columnsOf(fingerprint: string): Iterable<string> {
    return this.#columns.get(fingerprint)?.keys() ?? [];
  }

  has(fingerprint: string, column: string): boolean {
    return this.#columns.get(fingerprint)?.has(column) ?? false;
  }

  get fingerprints(): Iterable<string> {
    return this.#columns.keys();
  }

  /**
   * For a column that is not in memory: its copy, or the place for a new one, which the caller must `settle`. Undefined if there is no copy and
   * none shall be made.
   */
  plan(fingerprint: string, location: ColumnLocation): PlannedCopy | undefined {
    const name = nameOf(fingerprint, location);
    if (!fileName.test(name)) return undefined;
    const { isHere, askedBefore } = this.#index.ask(name);
    const place = { name, path: join(this.#directory, name) };
    const bytes = CachedColumn.sizes(location).reduce((sum, size) => sum + size + 8, 64);
    if (isHere) return { ...place, isThere: true, isWanted: performance.now() >= this.#restsUntil, reserved: 0 };
    if (performance.now() < this.#restsUntil) return undefined;
    const victims = this.#index.makeRoom(bytes + this.#reserved, askedBefore);
    if (!victims) return undefined;
    for (const victim of victims) this.#drop(victim);
    this.#reserved += bytes;
    return { ...place, isThere: false, isWanted: true, reserved: bytes };
  }

  /** Records what became of a planned copy. `outcome` is undefined if the column could not be read at all. */
  settle({ name, reserved, isThere }: PlannedCopy, outcome: DiskOutcome | undefined): void {
    this.#reserved -= reserved;
    if (!outcome || outcome.kind === "found") return;
    if (outcome.kind !== "failed" && outcome.isDamaged)
      this.#log.warn({ file: name }, "a column on the disk was damaged; it was read from its file again");
    if (outcome.kind === "made") {
      if (!this.#index.has(name)) this.#note(name, 1);
      this.#index.add(name, outcome.bytes);
      this.#sinceLook += outcome.bytes;
      if (this.#sinceLook > this.limit / looksPerLimit) void this.#look();
      return;
    }
    if (isThere) this.#forget(name);
    if (outcome.kind === "failed") this.#rest(outcome.reason);
  }

  #rest(reason: string): void {
    this.#restsUntil = performance.now() + restAfterFailure;
    if (!this.#hasWarned)
      this.#log.warn({ reason, directory: this.#directory }, "columns cannot be kept on the disk; they are read from their files");
    this.#hasWarned = true;
  }

  #forget(name: string): void {
    if (!this.#index.has(name)) return;
    this.#index.remove(name);
    this.#note(name, -1);
  }

  /** Forgets a copy that the index has removed, and deletes its file. */
  #drop(name: string): void {
    this.#note(name, -1);
    rm(join(this.#directory, name), { force: true }).catch((error) => this.#rest(String(error)));
  }

  /** Counts the copies of a column; there may be one for each of several forms. */
  #note(name: string, change: 1 | -1): void {
    const [, fingerprint, column] = fileName.exec(name) as unknown as readonly [string, string, string];
    const columns = this.#columns.get(fingerprint) ?? new Map<string, number>();
    const decoded = decodeURIComponent(column);
    const count = (columns.get(decoded) ?? 0) + change;
    if (count > 0) columns.set(decoded, count);
    else columns.delete(decoded);
    if (columns.size > 0) this.#columns.set(fingerprint, columns);
    else this.#columns.delete(fingerprint);
  }

  #look(): Promise<void> {
    this.#sinceLook = 0;
    this.#looking ??= this.#lookNow()
      .catch((error) => this.#rest(String(error)))
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  /** Learns which copies other processes added or removed, and removes those beyond the limit. */
  async #lookNow(): Promise<void> {
    const before = new Set(this.#index.names);
    const names = await this.#list();
    const there = new Set(names);
    for (const name of before) if (!there.has(name)) this.#forget(name);
    const found = await pMap(
      names.filter((name) => !before.has(name)),
      async (name) => ({ name, ...(await this.#measure(name)) }),
      { concurrency: 16 },
    );
    for (const { name, bytes, modified } of found.toSorted((a, b) => (a.modified ?? 0) - (b.modified ?? 0))) {
      // The directory may also have files that are no copies.
      if (bytes === undefined || !beginning.test(name)) continue;
      if (name.endsWith(unfinished)) {
        if (Date.now() - modified! > abandonedAfter) await rm(join(this.#directory, name), { force: true });
      } else if (isNamed(name) && !this.#index.has(name)) {
        this.#index.add(name, bytes);
        this.#note(name, 1);
      }
    }
    for (const victim of this.#index.shrink()) this.#drop(victim);
  }

  /** The names in the directory; empty if there is none yet, since the first copy makes it. */
  async #list(): Promise<readonly string[]> {
    try {
      return await readdir(this.#directory);
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === "ENOENT") return [];
      throw error;
    }
  }

  async #measure(name: string): Promise<{ readonly bytes?: number; readonly modified?: number }> {
    try {
      const { size, mtimeMs } = await stat(join(this.#directory, name));
      return { bytes: size, modified: mtimeMs };
    } catch {
      // The file was deleted meanwhile.
      return {};
    }
  }
}

function nameOf(fingerprint: string, { format, column }: ColumnLocation): string {
  const form = JSON.stringify([edition, format, CachedColumn.identityOf(column)]);
  const digest = createHash("sha256").update(form).digest("hex").slice(0, 16);
  return `${fingerprint}.${digest}.${encodeURIComponent(column.name)}`;
}

function isNamed(name: string): boolean {
  try {
    const column = fileName.exec(name)?.[2];
    return column !== undefined && !name.endsWith(unfinished) && decodeURIComponent(column) !== "";
  } catch {
    // The name is not one of the cache's own.
    return false;
  }
}
