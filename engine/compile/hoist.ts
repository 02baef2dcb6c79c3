/** Computes terms early: before a loop, those that do not change in it; before a branch, those that are also used elsewhere. */
import type { Term } from "../program/term.ts";
import { isScalar } from "../program/types.ts";
import type { Environment } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import { isWorthKeeping, keepList } from "./kept-list.ts";

/** Terms of less cost than this are not computed early. */
const leastCost = 6;

/** Computes before a loop the terms that its function always needs and that do not change in it. */
export function hoist(emitter: Emitter, lambda: Term, environment: Environment): void {
  computeParts(emitter, lambda.args, environment, { own: ~0 << Number(lambda.literal), isWanted: () => true });
}

/**
 * In programs that share early, computes before a branch the terms that are also used elsewhere. Perhaps they are computed in vain, but the code of
 * terms that branches share is written once; otherwise it could double with each level of terms.
 */
export function computeShared(emitter: Emitter, parts: readonly Term[], environment: Environment): void {
  if (emitter.sharesEarly) computeParts(emitter, parts, environment, { own: 0, isWanted: (part) => (emitter.uses.get(part) ?? 0) > 1 });
}

interface Which {
  /** As bits: levels whose parameters mean something only further inside. */
  readonly own: number;
  readonly isWanted: (part: Term) => boolean;
}

function computeParts(emitter: Emitter, roots: readonly Term[], environment: Environment, which: Which): void {
  const seen = new Set<Term>();
  const visit = (part: Term, own: number): void => {
    if (seen.has(part) || emitter.cost(part) < leastCost) return;
    seen.add(part);
    const operator = emitter.operators[part.operation];
    const isFree = (part.free & own) === 0 && which.isWanted(part);
    // Operators that search for an element count as values, too, so that each element is found once.
    const isValue = part.operation !== "lambda" && (isScalar(part.type) || operator.kind === "value");
    if (isFree && isValue) emitter.lower(part, environment);
    else if (isFree && operator.kind === "list" && operator.isSearch && isWorthKeeping(emitter, part)) keepList(emitter, part, environment);
    else for (const arg of part.args) visit(arg, part.operation === "lambda" ? own | (1 << Number(part.literal)) : own);
  };
  for (const root of roots) visit(root, which.own);
}
