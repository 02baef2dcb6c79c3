/**
 * The store cannot carry out a call.
 * - `in-use`: another process uses the directory. `foreign`: the directory is no store. `damaged`: the store in it is damaged.
 * - `unavailable`: the system refuses, for want of permissions or space; the same call may succeed later.
 * - `unsupported`: the server cannot be used until somebody changes it or the configuration (too old, wrong password or connection string).
 * - `too-large`: the body or key exceeds what the store can ever keep.
 */
export type StoreErrorCode = "in-use" | "foreign" | "damaged" | "unavailable" | "unsupported" | "too-large";

export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** The error for a body of more than `limit` bytes; undefined for a smaller one. */
export function refuseTooLarge(key: string, bytes: number, limit: number): StoreError | undefined {
  if (bytes <= limit) return undefined;
  return new StoreError("too-large", `Cannot store ${bytes} bytes under ${key}: the store is limited to ${limit} bytes`);
}
