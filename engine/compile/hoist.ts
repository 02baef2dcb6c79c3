/** Computing terms earlier than where they stand: before a loop, what does not change in it; before a branch, what others use too. */
import type { Term } from "../program/term.ts";
import { isScalar } from "../program/types.ts";
import type { Environment } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import { isWorthKeeping, keepList } from "./kept-list.ts";

/** Cheaper terms than this are computed where they stand. */
const leastCost = 6;

/** Computes before a loop what its function needs and what does not change in it. */
export function hoist(emitter: Emitter, lambda: Term, environment: Environment): void {
  computeParts(emitter, lambda.args, environment, { own: ~0 << Number(lambda.literal), isWanted: () => true });
}

/**
 * Computes before a branch what is used elsewhere too, in programs that share early. It may be computed in vain; but the code of
 * terms that branches use in common is written once, where else it could double with each term that uses another.
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
    // An element that is looked for is found once, too.
    const isValue = part.operation !== "lambda" && (isScalar(part.type) || operator.kind === "value");
    if (isFree && isValue) emitter.lower(part, environment);
    else if (isFree && operator.kind === "list" && operator.isSearch && isWorthKeeping(emitter, part)) keepList(emitter, part, environment);
    else for (const arg of part.args) visit(arg, part.operation === "lambda" ? own | (1 << Number(part.literal)) : own);
  };
  for (const root of roots) visit(root, which.own);
}
