/**
 * The store cannot do what was asked.
 * - `in-use`: another process has the directory. `foreign`: it is not a store. `damaged`: it was one.
 * - `unavailable`: the system refuses (permissions, no space): the same call may work later.
 * - `unsupported`: the server can never be used as it is (too old, a wrong password or connection string).
 * - `too-large`: the body or key can never be kept.
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

/** Why a body of so many bytes can never be kept; undefined where it can. */
export function refuseTooLarge(key: string, bytes: number, limit: number): StoreError | undefined {
  if (bytes <= limit) return undefined;
  return new StoreError("too-large", `Cannot store ${bytes} bytes under ${key}: the store is limited to ${limit} bytes`);
}
