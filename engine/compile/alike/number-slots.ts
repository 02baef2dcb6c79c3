/**
 * Finds the numbers of a program that do not influence which code is written: cuts, factors, the ends of axes. Each has a slot. Programs that differ only
 * in these numbers have the same code.
 *
 * Numbers that influence the code have no slots: exponents, numbers compared with 64-bit integers, zeros, and arguments of operations that are not
 * listed below.
 */
import { type AxisShape, kindOf } from "../../axes/axes.ts";
import { type ProgramTerms, rootsOf } from "../../program/program.ts";
import type { Operation, Term } from "../../program/term.ts";
import { longOf } from "../../program/types.ts";
import { type Expression, f64 } from "../../wasm/instructions.ts";
import { flatSource } from "../fills/flat-source.ts";
import type { ProgramColumns } from "../loops/program-columns.ts";
import { withoutRoot } from "../tables/compare-root.ts";

export interface NumberSlots {
  /** The number of each slot. */
  readonly numbers: readonly number[];
  /** The slots of terms that are numbers, and of comparisons with a square root, whose argument is compared with another number instead. */
  readonly ofTerms: ReadonlyMap<Term, number>;
  readonly ofAxes: ReadonlyMap<AxisShape, AxisSlots>;
}

/** The slots of an axis, one per number; those of zeros are unused. Equal axes have the same slots. */
interface AxisSlots {
  readonly first: number;
  readonly numbers: readonly number[];
}

/** Operations whose code does not depend on which numbers their arguments are. */
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

/** Finds the numbers with slots. `order` has the terms of the programs, each after its arguments. */
export function findNumbers(programs: readonly ProgramTerms[], order: readonly Term[], columns: ProgramColumns): NumberSlots {
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
  const ofAxes = new Map<AxisShape, AxisSlots>();
  const known = new Map<string, AxisSlots>();
  const axes = programs.flatMap(({ histograms }) =>
    histograms.flatMap(({ axes }) => axes.map(({ axis, value }) => ({ axis, value, key: axisKey(axis) }))),
  );
  const ofFloat32 = new Set(axes.flatMap(({ value, key }) => (flatSource(columns, value) ? [key] : [])));
  for (const { axis, key } of axes) {
    const found = known.get(key) ?? {
      first: numbers.length,
      numbers: kindOf(axis).numbers?.(axis, { areFloat32: ofFloat32.has(key) }) ?? [],
    };
    if (!known.has(key)) numbers.push(...found.numbers);
    known.set(key, found);
    ofAxes.set(axis, found);
  }
  return { numbers, ofTerms, ofAxes };
}

const takesAny = ({ operation, args }: Term): boolean => takers.has(operation) && !args.some(({ type }) => longOf(type));

interface WithSlots {
  readonly slots?: NumberSlots | undefined;
}

/** The constant of a term: its own number or, for a comparison with a root, the number that the root's argument is compared with. */
export const numberOf = ({ slots }: WithSlots, term: Term, value: number): Expression => f64(value, slots?.ofTerms.get(term));

/** The constants of an axis. `areFloat32` where its values lie in a column of float32. */
export function numbersOf({ slots }: WithSlots, axis: AxisShape, options = { areFloat32: false }): readonly Expression[] {
  const { first, numbers } = slots?.ofAxes.get(axis) ?? { numbers: kindOf(axis).numbers?.(axis, options) ?? [] };
  return numbers.map((value, place) => (value === 0 ? f64(0) : f64(value, first === undefined ? undefined : first + place)));
}

/** A key that is equal for equal axes; for these, cells are found only once. */
export const axisKey = (axis: AxisShape): string => JSON.stringify(axis);
