/**
 * Functions over tuples often compute values from one member alone, such as its momentum. These are computed once per element of the list from which tuples
 * are made, not once per tuple. They are kept in a table in scratch, with one column of f64 per value; members at different positions share it.
 * Values that every tuple needs are computed before the loops, others when they are first needed.
 *
 * Values that depend only on the first members are computed in the loops over these.
 */
import type { Term } from "../../program/term.ts";
import { type Expression, I, i32, i64, L, type Local, load, store, V } from "../../wasm/instructions.ts";
import { bind, type Element, type Environment, type FunctionOver, tuple } from "../code.ts";
import type { Emitter } from "../emitter.ts";
import type { Numbered, Run } from "../list.ts";
import { membersUsed } from "./members-used.ts";
import { isWide } from "./wide-terms.ts";

/** Terms of less cost are computed for each tuple, except for a list that is joined from others: there every value is read only once. */
const leastCost = 20;
/** Branches up to this cost are always computed, even if they are not needed. */
const cheap = 16;

/** A value of one member: the term that computes it, and all terms that compute the same from this or another member. */
interface Column {
  readonly of: Term;
  readonly level: number;
  readonly environment: Environment;
  readonly uses: Term[];
  isEager: boolean;
}

/** Tuples of `size` elements of one list. */
interface TupleSource {
  readonly list: Numbered;
  readonly term: Term;
  readonly size: number;
}

export interface MemberTables {
  /** Must be called in the loop over a member, with the members so far and the handle of the last one; its values are then read from the tables. */
  choose(chosen: readonly Element[], handle: Expression): void;
}

/** Makes the tables. With `isFilledBefore`, values that may not be needed are also computed before the loops. */
export function tabulate(
  emitter: Emitter,
  functions: readonly FunctionOver[],
  { isFilledBefore, ...source }: TupleSource & { readonly isFilledBefore: boolean },
): MemberTables {
  const columns = emitter.sharesEarly ? [] : findColumns(emitter, functions, source.list.runs ? 1 : leastCost);
  if (isFilledBefore) for (const column of columns) column.isEager = true;
  const tables = [true, false].flatMap((isEager) => {
    const own = columns.filter((column) => column.isEager === isEager);
    return own.length === 0 ? [] : [openTable(emitter, own, source)];
  });
  return {
    choose(chosen, handle) {
      for (const table of tables) table.choose(chosen, handle);
    },
  };
}

/** Finds the largest terms that depend on one member only and cost at least `least`. */
function findColumns(emitter: Emitter, functions: readonly FunctionOver[], least: number): readonly Column[] {
  const columns = new Map<string, Column>();
  const shapes = new Shapes();
  for (const { lambda, environment, isConditional = false } of functions) {
    const level = Number(lambda.literal);
    const isLast = (term: Term) => term.free >>> (level + 1) === 0;
    eachPart(emitter, lambda.args[0], isConditional, (term, isBranch) => {
      if (((term.free >>> level) & 1) === 0 || term.hasLists || term.operation === "lambda") return "done";
      const used = membersUsed(term, level);
      const isRead = emitter.operators[term.operation].kind === "value" || term.operation === "field";
      if (!isOneBit(used) || !isNumber(term) || !isLast(term) || !isRead) return "inside";
      if (emitter.cost(term) < least) return "done";
      const key = `${level} ${shapes.of(term, level)}`;
      const column = columns.get(key) ?? { of: term, level, environment, uses: [], isEager: false };
      columns.set(key, column);
      if (!column.uses.includes(term)) column.uses.push(term);
      column.isEager ||= !isBranch;
      return "done";
    });
  }
  return [...columns.values()];
}

const isOneBit = (bits: number): boolean => bits > 0 && (bits & (bits - 1)) === 0;
const isNumber = ({ type }: Term): boolean => type.kind === "number" && !type.optional && !type.long;

/** Visits the parts of a term. `isBranch` tells whether a part is perhaps not needed for every element. */
function eachPart(emitter: Emitter, root: Term, isBranch: boolean, visit: (term: Term, isBranch: boolean) => "inside" | "done"): void {
  const seen = new Map<Term, boolean>();
  const walk = (term: Term, inBranch: boolean): void => {
    const before = seen.get(term);
    if (before === inBranch || before === false) return;
    seen.set(term, inBranch);
    if (visit(term, inBranch) === "done") return;
    const first = firstBranch(term);
    const branches = term.args.slice(first).reduce((sum, arg) => sum + emitter.cost(arg), 0);
    for (const [index, arg] of term.args.entries()) walk(arg, inBranch || (index >= first && branches > cheap));
  };
  walk(root, isBranch);
}

/** The index of the first argument that is not always computed, unless it is cheap. */
function firstBranch({ operation }: Term): number {
  return operation === "and" || operation === "or" || operation === "conditional" || operation === "coalesce"
    ? 1
    : Number.POSITIVE_INFINITY;
}

/** Numbers terms; terms that differ only in the member of the tuple have the same number. */
class Shapes {
  readonly #numbers = new Map<string, number>();
  readonly #known = new Map<Term, number>();

  of(term: Term, level: number): number {
    const known = this.#known.get(term);
    if (known !== undefined) return known;
    const isMember = term.operation === "member" && term.args[0].operation === "param" && term.args[0].literal === level;
    const isInside = ((term.free >>> level) & 1) === 1;
    const key = isMember
      ? "member"
      : isInside
        ? `${term.operation} ${JSON.stringify(term.literal)} ${term.args.map((arg) => this.of(arg, level)).join()}`
        : `same ${term.id}`;
    const number = this.#numbers.get(key) ?? this.#numbers.size;
    this.#numbers.set(key, number);
    this.#known.set(term, number);
    return number;
  }
}

function openTable(emitter: Emitter, columns: readonly Column[], { list, term, size }: TupleSource): MemberTables {
  emitter.notes?.addTable(
    term,
    columns.map(({ of }) => of),
  );
  const { f, keep } = emitter;
  const count = keep(I.sub(list.to, list.from));
  // With space for one more value, since two are written at a time.
  const stride = keep(I.shl(I.add(count, i32(1)), i32(3)));
  const from = reserve(emitter, count, columns.length);
  // The offset of the first handle is subtracted, so that handles can be used as indexes.
  const starts = columns.map((_, index) => keep(I.sub(I.add(from, I.mul(stride, i32(index))), I.shl(list.from, i32(3)))));
  const key = emitter.newKey();
  const isFilled = f.variable(i32(0));
  const addressOf = (column: number, handle: Expression) => keep(I.add(starts[column], I.shl(handle, i32(3))));
  const fillRun = ({ list: run, shift, term }: Run): void => {
    const valuesAt = (handle: Expression): readonly Expression[] => {
      const element = run.at(handle);
      const same = tuple(new Array(size).fill(element), { position: noPosition, place: emitter.newKey() });
      return columns.map(({ of, level, environment }) => emitter.scalar(of, bind(environment, level, same)).value);
    };
    const write = (code: number, handle: Expression, values: readonly Expression[]) => {
      const whole = keep(I.add(handle, shift));
      for (const [index, value] of values.entries()) f.store(code, addressOf(index, whole), value);
    };
    if (run.isContent && columns.every(({ of }) => isWide(emitter, of, term)))
      emitter.eachTwo(run.from, run.to, (handle) => {
        let values: readonly Expression[] = [];
        emitter.columns.inLanes(handle, () => {
          values = valuesAt(handle).map((value) => (value.type === "v128" ? value : keep(V.splat(value))));
        });
        write(store.v128, handle, values);
      });
    else emitter.loop(run.from, run.to, (handle) => write(store.f64, handle, valuesAt(handle)));
  };
  const fill = () => {
    for (const run of list.runs ?? [{ list, shift: i32(0), term }]) fillRun(run);
  };
  if (columns[0].isEager) emitter.if(I.geU(count, i32(size)), fill);
  const ensureFilled = () =>
    columns[0].isEager ||
    emitter.once(`filled ${key}`, () => {
      emitter.if(I.eqz(isFilled), () => {
        fill();
        f.set(isFilled, i32(1));
      });
      return true;
    });
  return {
    choose(chosen, handle) {
      const last = chosen.length - 1;
      const soFar = tuple(chosen, { position: noPosition, place: "" });
      columns.forEach(({ level, environment, uses }, index) => {
        for (const term of uses) {
          if (membersUsed(term, level) !== 1 << last) continue;
          emitter.provide(term, bind(environment, level, soFar), () => {
            ensureFilled();
            const address = addressOf(index, handle);
            return { kind: "number", value: keep(emitter.columns.isWideAt(handle) ? V.load(address) : load.f64(address)) };
          });
        }
      });
    },
  };
}

/** Takes aligned scratch for `columns` f64 per element, for `count` elements. */
function reserve(emitter: Emitter, count: Expression, columns: number): Local {
  const { f, keep } = emitter;
  const pieces = keep(L.add(L.mul(L.fromU32(count), i64(BigInt(2 * columns))), i64(BigInt(2 * columns + 2))));
  const { from } = emitter.takeScratch(pieces, 4, { leavesRoom: true });
  return f.variable(I.and(I.add(from, i32(7)), i32(-8)));
}

/** Computes, in the loop over a member and before those over the next ones, the values that all tuples with these first members need. */
export function hoistMembers(emitter: Emitter, functions: readonly FunctionOver[], chosen: readonly Element[]): void {
  const soFar = tuple(chosen, { position: noPosition, place: "" });
  const known = (1 << chosen.length) - 1;
  for (const { lambda, environment, isConditional = false } of functions) {
    const level = Number(lambda.literal);
    eachPart(emitter, lambda.args[0], isConditional, (term, isBranch) => {
      if (isBranch || ((term.free >>> level) & 1) === 0 || term.hasLists || term.operation === "lambda") return "done";
      const used = membersUsed(term, level);
      const isKnown = used > 0 && (used & ~known) === 0 && term.free >>> (level + 1) === 0;
      if (!isKnown || !isNumber(term)) return "inside";
      emitter.lower(term, bind(environment, level, soFar));
      return "done";
    });
  }
}

const noPosition = (): Expression => {
  throw new Error("Cannot tell the position of a tuple that is not complete");
};
