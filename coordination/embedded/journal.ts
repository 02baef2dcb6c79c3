/**
 * What the coordinator writes down so that it can go on after a crash. Records are JSON texts under numbers that the coordinator gives once and never again.
 *
 * Promises: what a resolved `write` wrote is there after a crash. Each change is there wholly or not at all; of a write that had not resolved any
 * part may be there.
 */
export interface Journal {
  /** All records, lowest number first. Called once, before any write. */
  load(): AsyncIterable<readonly [number: number, record: string]>;
  /** `undefined` deletes the record. Not called again before it settles. */
  write(changes: ReadonlyMap<number, string | undefined>): Promise<void>;
  close(): Promise<void>;
}
