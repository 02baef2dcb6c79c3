/** A znode as a small record that processes change by comparing and setting: whoever comes second hears so, and reads again. */
import { create, set } from "./operations.ts";
import type { Session } from "./session.ts";
import { isRefused } from "./zookeeper-error.ts";

export interface StoredRecord {
  readonly data: Buffer;
  /** Grows with every change. */
  readonly version: number;
}

/** Undefined where there is none. */
export async function readRecord(session: Session, path: string): Promise<StoredRecord | undefined> {
  const content = await session.get(path);
  return content && { data: content.data, version: content.stat.version };
}

/**
 * Writes a record that has not changed since it was read; `version` is undefined where there was none. Gives its new version, and undefined where
 * somebody else was first. What was in doubt rejects, and may have been written: whoever repeats that reads first.
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
