/**
 * An LMDB environment in a directory of its own, which one process at a time owns. It has the databases of the embedded store and the journal of the
 * embedded coordinator, so that one transaction can change both.
 *
 * Guarantees: what a resolved `transact` wrote survives the death of the process and, if the disk keeps what it acknowledges, a power cut
 * (LMDB syncs data, then its meta page, before it resolves). Simultaneous transactions share one commit. A refused one
 * (disk full) leaves nothing behind, and later ones work when there is space again; until then `notReady` says so.
 * Not guaranteed: a damaged page is not found before it is read.
 */

import { rmSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { open, type RootDatabase } from "lmdb";
import type { Log } from "../../base/log.ts";
import { makeDirectory } from "../../base/make-directory.ts";
import { StoreError } from "../store-error.ts";
import { WriteHealth } from "../write-health.ts";
import { checkFile } from "./check-file.ts";
import { isAlive, readOwner, thisProcess } from "./directory-owner.ts";
import { firstMap } from "./first-map.ts";

export interface Environment {
  readonly directory: string;
  readonly root: RootDatabase<Uint8Array, string>;
  /** Runs reads; an error of LMDB about a damaged file becomes a `StoreError`. */
  read<T>(action: () => T): T;
  /**
   * Runs `action` inside a write transaction. It may read and write all databases of the environment, sees what it wrote, and must not await anything. After
   * a crash, either everything that an action wrote is there or nothing. It must check before it writes, since writes stay if it throws later.
   */
  transact<T>(action: () => T): Promise<T>;
  /** Why nothing can be written now; empty if writing works. */
  notReady(): readonly string[];
  /** Waits for pending transactions; later calls of the other methods are refused. */
  close(): Promise<void>;
}

const format = "femtoq 2";
/** The bytes that are written to test whether the disk accepts writes. */
const probeBytes = 65_536;
const silent: Log = { info() {}, warn() {}, error() {} };

export interface EnvironmentOptions {
  /** Created if it does not exist. It must not contain anything else. */
  readonly directory: string;
  readonly log?: Log;
}

/** Opens the environment. Throws `StoreError` for a directory that is in use, foreign, damaged or not writable. */
export async function openEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const directory = resolve(options.directory);
  const ownerFile = join(directory, "owner");
  await prepareDirectory(directory, ownerFile, options.log);
  const root = openRoot(directory);
  let closing: Promise<void> | undefined;
  const requireOpen = () => {
    if (closing !== undefined) throw new StoreError("unavailable", `Cannot use ${directory}: it was closed`);
  };
  const read = <T>(action: () => T): T => {
    requireOpen();
    return explainDamage(directory, action);
  };
  try {
    read(() => takeDirectory(root, directory, ownerFile));
  } catch (error) {
    await root.close();
    throw error;
  }
  const transact = async <T>(action: () => T): Promise<T> => {
    requireOpen();
    try {
      const result = await root.transaction(() => explainDamage(directory, action));
      writes.taken();
      return result;
    } catch (error) {
      const explained = await explainRefusal(error, directory);
      if (explained instanceof StoreError && explained.code === "unavailable") writes.refused(explained.message);
      throw explained;
    }
  };
  const probe = async () => {
    await transact(() => void root.put("probe", new Uint8Array(probeBytes)));
    await transact(() => void root.remove("probe"));
  };
  const writes = new WriteHealth({ probe, log: options.log ?? silent });
  return {
    directory,
    root,
    read,
    transact,
    notReady: () => (writes.refusal === undefined ? [] : [`the store takes no writes: ${writes.refusal}`]),
    close() {
      writes.close();
      closing ??= root.close().then(() => rmSync(ownerFile, { force: true }));
      return closing;
    },
  };
}

async function prepareDirectory(directory: string, ownerFile: string, log: Log | undefined): Promise<void> {
  try {
    await makeDirectory(directory);
    refuseTaken(directory, ownerFile);
    const names = await readdir(directory);
    if (names.includes("data.mdb")) {
      const { filled } = await checkFile(join(directory, "data.mdb"));
      if (filled > 0) log?.warn({ directory, bytes: filled }, "the database file was shorter than it says; filled up with zeros");
    } else if (names.some((name) => name !== "owner" && name !== "lock.mdb")) {
      const some = names.slice(0, 3).join(", ");
      throw new StoreError("foreign", `Cannot open ${directory}: it holds other files (${some}); name an empty or new directory`);
    }
  } catch (error) {
    if (error instanceof StoreError) {
      if (error.code !== "damaged") throw error;
      throw damaged(directory, error);
    }
    throw new StoreError("unavailable", `Cannot open ${directory}: ${messageOf(error)}`, error);
  }
}

function openRoot(directory: string): RootDatabase<Uint8Array, string> {
  try {
    // Event-turn batching is off: with it, LMDB's binding has a promise that nobody handles, which would end the process when a commit is refused.
    return open<Uint8Array, string>(directory, {
      encoding: "binary",
      maxDbs: 16,
      overlappingSync: false,
      eventTurnBatching: false,
      ...firstMap(),
    });
  } catch (error) {
    throw damaged(directory, error);
  }
}

/** Takes ownership of the directory, inside LMDB's write lock, so that one of two simultaneous processes is refused. */
function takeDirectory(root: RootDatabase<Uint8Array, string>, directory: string, ownerFile: string): void {
  root.transactionSync(() => {
    refuseTaken(directory, ownerFile);
    const found = root.getBinary("format");
    const isNew = found === undefined && entryCount(root) === 0;
    if (!isNew) refuseOtherFormats(directory, found);
    if (isNew) root.put("format", Buffer.from(format));
    writeFileSync(ownerFile, JSON.stringify(thisProcess()));
  });
}

function refuseOtherFormats(directory: string, found: Uint8Array | undefined): void {
  const name = found && Buffer.from(found).toString();
  if (name === format) return;
  const message = name?.startsWith("femtoq ")
    ? "it was written by another version of Femtoq; delete it (what it holds is computed again when it is asked for) or name another directory"
    : "its database is of another program; name another directory";
  throw new StoreError("foreign", `Cannot open ${directory}: ${message}`);
}

function refuseTaken(directory: string, ownerFile: string): void {
  const owner = readOwner(ownerFile);
  if (owner === undefined || !isAlive(owner)) return;
  const advice = `stop it first, or give this one another directory (if it is gone for good, delete ${ownerFile})`;
  throw new StoreError("in-use", `Cannot open ${directory}: process ${owner.pid} on ${owner.host} has it open; ${advice}`);
}

export function entryCount(database: { getStats(): object }): number {
  return (database.getStats() as { readonly entryCount: number }).entryCount;
}

export function damaged(directory: string, cause: unknown): StoreError {
  const advice = "delete the directory to start afresh: what it held is computed again when it is asked for";
  return new StoreError("damaged", `Cannot read ${directory}: its database is damaged; ${advice}`, cause);
}

function explainDamage<T>(directory: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw isDamage(error) ? damaged(directory, error) : error;
  }
}

/** Whether an error has one of LMDB's codes for a missing or wrong page, an unusable state, or a foreign file. */
function isDamage(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === "number" && code >= -30797 && code <= -30793;
}

/** Finds why a commit failed: LMDB's binding attaches a promise to the error, and rejects it with the reason. */
async function explainRefusal(error: unknown, directory: string): Promise<unknown> {
  if (!(error instanceof Error) || !("commitError" in error)) return error;
  const reason = await Promise.resolve(error.commitError).then(messageOf, messageOf);
  return new StoreError("unavailable", `Cannot write to ${directory}: ${reason}; is its disk full?`, error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
