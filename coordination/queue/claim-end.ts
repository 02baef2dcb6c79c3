/**
 * Decides what becomes of a subtask when its claim ends. Pure.
 *
 *   how a claim ends   | some client is interested                        | nobody is interested
 *   complete           | absent (done)                                    | absent (done)
 *   fail               | unowned; failed after `mostErrors` or permanent  | absent (withdrawn)
 *   lose, begun        | unowned; failed after `mostLostClaims`           | absent (withdrawn)
 *   lose, not begun    | unowned                                          | absent (withdrawn)
 *   release            | unowned                                          | absent (withdrawn)
 *
 * An error after the claim was told to stop counts as a release.
 */
import { type Failure, mostErrors, mostLostClaims } from "../coordinator.ts";

export interface Attempts {
  readonly errors: number;
  readonly lost: number;
  /** The messages of the errors, without repetition, at most `mostErrors`. */
  readonly causes: readonly string[];
}

export type ClaimEnd =
  | { readonly kind: "complete" }
  | { readonly kind: "fail"; readonly cause: string; readonly permanent: boolean }
  | { readonly kind: "lose"; readonly cause: string }
  | { readonly kind: "release" };

/** What matters of a claim and its subtask when the claim ends. */
export interface ClaimAtEnd {
  readonly attempts: Attempts;
  /** Whether some client is interested in the subtask. */
  readonly wanted: boolean;
  /** Whether computing had begun. */
  readonly begun: boolean;
  /** Whether the claim's signal was aborted. */
  readonly stopped: boolean;
}

export type Verdict =
  | { readonly kind: "done" | "withdrawn" }
  | { readonly kind: "unowned"; readonly attempts: Attempts }
  | { readonly kind: "failed"; readonly attempts: Attempts };

export const noAttempts: Attempts = { errors: 0, lost: 0, causes: [] };

const mostCauseLength = 2000;

export function decideEnd(end: ClaimEnd, { attempts, wanted, begun, stopped }: ClaimAtEnd): Verdict {
  if (end.kind === "complete") return { kind: "done" };
  if (!wanted) return { kind: "withdrawn" };
  if (end.kind === "release" || (end.kind === "fail" && stopped) || (end.kind === "lose" && !begun)) return { kind: "unowned", attempts };
  const counted = count(end, attempts);
  const isPermanent = end.kind === "fail" && end.permanent;
  const isFailed = isPermanent || counted.errors >= mostErrors || counted.lost >= mostLostClaims;
  return { kind: isFailed ? "failed" : "unowned", attempts: counted };
}

export function describeFailure({ errors, lost, causes }: Attempts): Failure {
  return { attempts: errors + lost, cause: causes.join("; ") };
}

function count(end: Extract<ClaimEnd, { readonly kind: "fail" | "lose" }>, { errors, lost, causes }: Attempts): Attempts {
  const cause = end.cause.slice(0, mostCauseLength);
  const causesNow = causes.includes(cause) ? causes : [...causes, cause].slice(-mostErrors);
  return end.kind === "fail" ? { errors: errors + 1, lost, causes: causesNow } : { errors, lost: lost + 1, causes: causesNow };
}
