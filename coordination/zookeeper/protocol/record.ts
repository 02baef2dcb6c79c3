/** A znode as a small record that processes change by compare and set: the process that comes second is told so and reads again. */
import { create, set } from "./operations.ts";
import type { Session } from "./session.ts";
import { isRefused } from "./zookeeper-error.ts";

export interface StoredRecord {
  readonly data: Buffer;
  /** Increases with each change. */
  readonly version: number;
}

/** Returns the record; undefined if it does not exist. */
export async function readRecord(session: Session, path: string): Promise<StoredRecord | undefined> {
  const content = await session.get(path);
  return content && { data: content.data, version: content.stat.version };
}

/**
 * Writes a record unless it has changed since it was read; `version` is undefined if it did not exist. Returns its new version, or undefined if another process
 * was first. If it rejects with an error in doubt, the record may have been written, so a caller that repeats the write must read first.
 */
export async function writeRecord(session: Session, path: string, data: Buffer, version: number | undefined): Promise<number | undefined> {
  try {
    await session.commit([version === undefined ? create(path, data) : set(path, data, version)]);
    return version === undefined ? 0 : version + 1;
  } catch (error) {
    if (isRefused(error, "node-exists", "bad-version") || (version !== undefined && isRefused(error, "no-node"))) return undefined;
    throw error;
  }
}
