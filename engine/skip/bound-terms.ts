/**
 * Bounds of a term over a partition, from the bounds of its columns. Numbers have a least and a largest value; booleans, which of true and false are
 * possible; lists, bounds of their length and of their elements. Operations that are not treated here may return anything.
 *
 * Guarantee: for every event of the partition, the term's value is within its bounds. Each function is gone through once for each place where it is
 * applied.
 */
import { type Column, innermost } from "../program/schema.ts";
import type { Operation, Term } from "../program/term.ts";
import { boundFunction } from "./bound-functions.ts";
import {
  alwaysMissing,
  anyLength,
  anything,
  type Bounds,
  either,
  type KnownBounds,
  type ListBounds,
  listIn,
  mayMiss,
  numberIn,
  orMissing,
  present,
  truthIn,
} from "./bounds.ts";
import {
  add,
  and,
  anyNumber,
  anyTruth,
  around,
  divide,
  equal,
  exactly,
  less,
  lessEqual,
  multiply,
  type NumberBounds,
  negate,
  noNumber,
  not,
  or,
  subtract,
  type TruthBounds,
} from "./number-bounds.ts";

/** Bounds of the parameters of the enclosing functions, and of terms already computed, each by level: a term's level is that of its innermost parameter, or −1. */
interface Environment {
  readonly params: readonly Bounds[];
  readonly known: ReadonlyMap<number, Map<Term, Bounds>>;
}

export class TermBounds {
  readonly #columns: readonly Column[];
  readonly #known: KnownBounds;
  readonly #environment: Environment = { params: [], known: new Map([[-1, new Map()]]) };

  constructor(columns: readonly Column[], known: KnownBounds) {
    this.#columns = columns;
    this.#known = known;
  }

  /** The possible values of a condition on an event. */
  truth(term: Term): TruthBounds {
    return truthIn(this.#of(term, this.#environment));
  }

  #of(term: Term, environment: Environment): Bounds {
    const level = term.free === 0 ? -1 : 31 - Math.clz32(term.free);
    const known = environment.known.get(level);
    const bounds = known?.get(term) ?? this.#bound(term, environment);
    known?.set(term, bounds);
    return bounds;
  }

  /** Bounds of a function's value for an element. */
  #apply(lambda: Term, element: Bounds, environment: Environment): Bounds {
    const level = Number(lambda.literal);
    const params = [...environment.params];
    params[level] = element;
    return this.#of(lambda.args[0], { params, known: new Map([...environment.known, [level, new Map()]]) });
  }

  /** The possible values of a condition on a list's elements; none if the list is empty. */
  #test([, lambda]: readonly Term[], { length, element }: ListBounds, environment: Environment): TruthBounds {
    if (length.high === 0) return { yes: false, no: false, missing: false };
    return truthIn(this.#apply(lambda, element, environment));
  }

  #bound(term: Term, environment: Environment): Bounds {
    const { operation, args, literal } = term;
    const number = (index: number) => numberIn(this.#of(args[index], environment));
    const truth = (index: number) => truthIn(this.#of(args[index], environment));
    const ofNumbers = numberOperations[operation];
    if (ofNumbers) return { kind: "number", ...ofNumbers(number(0), args.length > 1 ? number(1) : anyNumber) };
    const comparison = comparisons[operation];
    if (comparison) return { kind: "truth", ...this.#compare(comparison, args, environment) };
    switch (operation) {
      case "number":
        return { kind: "number", ...exactly(Number(literal)) };
      case "integer":
        return { kind: "number", ...around(BigInt(String(literal))) };
      case "boolean":
        return { kind: "truth", yes: literal === true, no: literal === false, missing: false };
      case "column":
        return this.#column(this.#columns.find(({ name }) => name === literal));
      case "position":
        return { kind: "number", low: 0, high: Number.POSITIVE_INFINITY, nan: false, missing: false };
      case "function":
        return boundFunction(
          String(literal),
          args.map((_, index) => number(index)),
        );
      case "and":
        return { kind: "truth", ...and(truth(0), truth(1)) };
      case "or":
        return { kind: "truth", ...or(truth(0), truth(1)) };
      case "not":
        return { kind: "truth", ...not(truth(0)) };
      case "conditional": {
        const { yes, no, missing } = truth(0);
        const [one, other] = [args[1], args[2]].map((arg) => this.#of(arg, environment));
        return !yes ? other : !(no || missing) ? one : either(one, other);
      }
      case "coalesce": {
        const first = this.#of(args[0], environment);
        return mayMiss(first) ? either(present(first), this.#of(args[1], environment)) : first;
      }
      case "is-present":
        return { kind: "truth", yes: true, no: mayMiss(this.#of(args[0], environment)), missing: false };
      case "param":
        return environment.params[Number(literal)] ?? anything;
      case "identified":
        return this.#of(args[0], environment);
      case "where":
        return this.#where(term, environment);
      case "field": {
        const record = this.#of(args[0], environment);
        if (record.kind !== "record") return anything;
        const field = record.field(String(literal));
        return record.missing ? orMissing(field) : field;
      }
      case "record": {
        const fields = term.type.kind === "record" ? [...term.type.fields.keys()] : [];
        return {
          kind: "record",
          field: (name) => (fields.includes(name) ? this.#of(args[fields.indexOf(name)], environment) : anything),
          missing: args.length > fields.length,
        };
      }
      case "member": {
        const tuple = this.#of(args[0], environment);
        if (tuple.kind !== "tuple") return anything;
        const member = tuple.members[Number(literal)] ?? anything;
        return tuple.missing ? orMissing(member) : member;
      }
      case "tuple": {
        const size = term.type.kind === "tuple" ? term.type.members.length : args.length;
        const members = args.slice(0, size).map((arg) => this.#of(arg, environment));
        return { kind: "tuple", members, missing: args.length > size };
      }
      default:
        return this.#boundList(term, environment);
    }
  }

  /** Bounds of operations on lists. */
  #boundList(term: Term, environment: Environment): Bounds {
    const { operation, args, literal } = term;
    if (operation === "collection") return this.#collection(term, environment);
    if (!ofLists.has(operation)) return anything;
    const list = listIn(this.#of(args[0], environment));
    const { length, element } = list;
    const upTo = (high: number) => ({ low: 0, high });
    switch (operation) {
      case "length":
        return { kind: "number", ...length, nan: false, missing: false };
      case "some": {
        const { yes, no, missing } = this.#test(args, list, environment);
        return { kind: "truth", yes, no: length.low === 0 || no || missing, missing: false };
      }
      case "every": {
        const { yes, no, missing } = this.#test(args, list, environment);
        return { kind: "truth", yes: length.low === 0 || yes, no: no || missing, missing: false };
      }
      case "filter":
        return { ...list, length: upTo(this.#test(args, list, environment).yes ? length.high : 0) };
      case "find":
        return this.#test(args, list, environment).yes ? orMissing(element) : alwaysMissing(element);
      case "at":
      case "index":
      case "minBy":
      case "maxBy":
        return length.high > 0 ? orMissing(element) : alwaysMissing(element);
      case "map":
        return { ...list, element: this.#apply(args[1], element, environment) };
      case "sortBy":
        return list;
      case "slice":
        return { ...list, length: upTo(length.high) };
      case "concat": {
        const other = listIn(this.#of(args[1], environment));
        const isWhole = !list.missing && !other.missing;
        const all = { low: isWhole ? length.low + other.length.low : 0, high: length.high + other.length.high };
        return { kind: "list", length: all, element: either(element, other.element), missing: list.missing || other.missing };
      }
      case "combinations": {
        const size = Number(literal);
        const members = Array.from({ length: size }, () => element);
        const most = length.high < size ? 0 : Number.POSITIVE_INFINITY;
        const low = length.low >= size ? 1 : 0;
        return { kind: "list", length: { low, high: most }, element: { kind: "tuple", members, missing: false }, missing: list.missing };
      }
      case "cross": {
        const other = listIn(this.#of(args[1], environment));
        const isEmpty = length.high === 0 || other.length.high === 0;
        const members = [element, other.element];
        return { ...list, length: upTo(isEmpty ? 0 : Number.POSITIVE_INFINITY), element: { kind: "tuple", members, missing: false } };
      }
      case "min":
      case "max": {
        const { low, high, nan } = numberIn(element);
        return length.high > 0 ? { kind: "number", low, high, nan, missing: true } : { kind: "number", ...noNumber, missing: true };
      }
      case "sum": {
        const { low, high, nan } = length.high > 0 ? numberIn(element) : exactly(0);
        // A sum of numbers that are not negative is not negative, however it is rounded. A sum that meets infinities of both signs is NaN.
        const mayBeInfinite = low === Number.NEGATIVE_INFINITY || high === Number.POSITIVE_INFINITY;
        const grown = { low: low < 0 ? Number.NEGATIVE_INFINITY : 0, high: high > 0 ? Number.POSITIVE_INFINITY : 0 };
        return { kind: "number", ...grown, nan: nan || mayBeInfinite, missing: false };
      }
      default:
        return anything;
    }
  }

  #column(column: Column | undefined): Bounds {
    const bounds = column && this.#known.column(column.name);
    if (!column || !bounds || column.dtype === "string") return anything;
    if (column.dtype !== "bool") return { kind: "number", ...bounds };
    return { kind: "truth", yes: bounds.high >= 1, no: bounds.low <= 0, missing: bounds.missing };
  }

  #collection({ literal, type, args }: Term, environment: Environment): Bounds {
    const list = String(literal);
    const isRecord = type.kind === "list" && type.element.kind === "record";
    const of = (field: string | undefined) =>
      this.#column(this.#columns.find((each) => innermost(each) === list && (field === undefined || each.member?.field === field)));
    const length = this.#known.list?.(list) ?? anyLength;
    const outer = args.length > 0 && mayMiss(this.#of(args[0], environment));
    return {
      kind: "list",
      length: outer ? { ...length, low: 0 } : length,
      element: isRecord ? { kind: "record", field: of, missing: false } : of(undefined),
      missing: false,
    };
  }

  #where({ args, literal }: Term, environment: Environment): Bounds {
    const value = this.#of(args[0], environment);
    if (value.kind === "list") return { ...value, length: { ...value.length, low: 0 }, missing: literal !== "empty" };
    return truthIn(this.#of(args[1], environment)).yes ? orMissing(value) : alwaysMissing(value);
  }

  #compare({ of, isSwapped, isNegated }: ComparisonOf, args: readonly Term[], environment: Environment): TruthBounds {
    const sides = args.map((arg) => this.#of(arg, environment));
    if (sides.some(({ kind }) => kind !== "number")) return anyTruth;
    const [a, b] = (isSwapped ? sides.toReversed() : sides) as unknown as readonly [NumberBounds, NumberBounds];
    return isNegated ? not(of(a, b)) : of(a, b);
  }
}

const numberOperations: Readonly<Partial<Record<Operation, (a: NumberBounds, b: NumberBounds) => NumberBounds>>> = {
  add,
  subtract,
  multiply,
  divide,
  negate,
};

interface ComparisonOf {
  readonly of: (a: NumberBounds, b: NumberBounds) => TruthBounds;
  readonly isSwapped?: true;
  readonly isNegated?: true;
}

const comparisons: Readonly<Partial<Record<Operation, ComparisonOf>>> = {
  less: { of: less },
  "less-equal": { of: lessEqual },
  greater: { of: less, isSwapped: true },
  "greater-equal": { of: lessEqual, isSwapped: true },
  equal: { of: equal },
  "not-equal": { of: equal, isNegated: true },
};

/** The operations whose first argument is a list. */
const ofLists: ReadonlySet<string> = new Set(
  "length some every filter find at index minBy maxBy map sortBy slice concat combinations cross min max sum".split(" "),
);
