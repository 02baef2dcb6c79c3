/**
 * The numbers of a program of which its code is made without looking at them, but for zeros: cuts, factors, the ends of axes. Programs that differ in nothing
 * else have the same code, each with its own numbers in it.
 *
 * What looks at a number to decide about code is told apart here: an exponent, what is compared with 64-bit integers, a zero, and what stands where no operation
 * is named below.
 */
import { type AxisShape, kindOf } from "../../axes/axes.ts";
import { type ProgramTerms, rootsOf } from "../../program/program.ts";
import type { Operation, Term } from "../../program/term.ts";
import { longOf } from "../../program/types.ts";
import { type Expression, f64 } from "../../wasm/instructions.ts";
import { withoutRoot } from "../tables/compare-root.ts";

export interface NumberSlots {
  /** Of each slot. */
  readonly numbers: readonly number[];
  /** The slots of terms that are numbers, and of comparisons with a root, which compare its argument with another number. */
  readonly ofTerms: ReadonlyMap<Term, number>;
  /** The first of the slots of an axis, which has one for each of its numbers; zeros among these do not use theirs. Equal axes have the same. */
  readonly ofAxes: ReadonlyMap<AxisShape, number>;
}

/** What takes the numbers that are its arguments whichever they are. */
const takers: ReadonlySet<Operation> = new Set<Operation>([
  "negate",
  "add",
  "subtract",
  "multiply",
  "divide",
  "remainder",
  "function",
  "conditional",
  "coalesce",
  "equal",
  "not-equal",
  "less",
  "less-equal",
  "greater",
  "greater-equal",
  "index",
  "at",
  "slice",
]);

/** `order`: the terms of the programs, each after its arguments. */
export function findNumbers(programs: readonly ProgramTerms[], order: readonly Term[]): NumberSlots {
  const free = new Set<Term>();
  for (const term of order) {
    if (term.operation === "number" && Number(term.literal) !== 0) free.add(term);
    if (!takesAny(term)) for (const arg of term.args) free.delete(arg);
  }
  for (const root of programs.flatMap(rootsOf)) free.delete(root);
  const numbers: number[] = [];
  const ofTerms = new Map<Term, number>();
  for (const term of order) {
    const value = free.has(term) ? Number(term.literal) : (withoutRoot(term)?.limit ?? 0);
    if (value !== 0) ofTerms.set(term, numbers.push(value) - 1);
  }
  const ofAxes = new Map<AxisShape, number>();
  const known = new Map<string, number>();
  for (const { axis } of programs.flatMap(({ histograms }) => histograms.flatMap(({ axes }) => axes))) {
    const key = axisKey(axis);
    const first = known.get(key) ?? numbers.length;
    if (!known.has(key)) numbers.push(...(kindOf(axis).numbers?.(axis) ?? []));
    known.set(key, first);
    ofAxes.set(axis, first);
  }
  return { numbers, ofTerms, ofAxes };
}

const takesAny = ({ operation, args }: Term): boolean => takers.has(operation) && !args.some(({ type }) => longOf(type));

interface WithSlots {
  readonly slots?: NumberSlots | undefined;
}

/** The constant of a term: the number that it is, or the one that is compared instead of a root. */
export const numberOf = ({ slots }: WithSlots, term: Term, value: number): Expression => f64(value, slots?.ofTerms.get(term));

/** The constants of an axis. */
export function numbersOf({ slots }: WithSlots, axis: AxisShape): readonly Expression[] {
  const first = slots?.ofAxes.get(axis);
  const numbers = kindOf(axis).numbers?.(axis) ?? [];
  return numbers.map((value, place) => (value === 0 ? f64(0) : f64(value, first === undefined ? undefined : first + place)));
}

/** Equal for equal axes, whose cells are found once. */
export const axisKey = (axis: AxisShape): string => JSON.stringify(axis);
