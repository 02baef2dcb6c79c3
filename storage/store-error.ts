/**
 * The store cannot do what was asked.
 * - `in-use`: another process has the directory. `foreign`: it is not a store. `damaged`: it was one.
 * - `unavailable`: the system refuses (permissions, no space): the same call may work later.
 * - `too-large`: the body or key can never be kept.
 */
export type StoreErrorCode = "in-use" | "foreign" | "damaged" | "unavailable" | "too-large";

export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
