/** Writes the instructions of operations on numbers, booleans and strings. Each value has `present` beside it if it may be missing. */
import type { ScalarOperation, Term } from "../program/term.ts";
import { isOptional, longOf, type Type, withOptional } from "../program/types.ts";
import { type Expression, F, I, i32, i64, select } from "../wasm/instructions.ts";
import { numberOf } from "./alike/number-slots.ts";
import { bits } from "./bits.ts";
import { both, type Environment, longCode, type RecordCode, type ScalarCode, scalarKind, scalarVariable, truth } from "./code.ts";
import type { Emitter, Lowering, ValueOperator } from "./emitter.ts";
import { computeShared } from "./hoist.ts";
import { isThere } from "./list-presence.ts";
import { lowerFunction } from "./lower-function.ts";
import { type Comparison, compareLongs, type Side } from "./tables/compare-longs.ts";
import { withoutRoot } from "./tables/compare-root.ts";

/** Up to this cost, both sides of a choice are computed, without a branch, and then one is selected. */
const cheap = 16;

const value = (cost: number, lower: Lowering): ValueOperator => ({ kind: "value", cost, lower });

const binary =
  (kind: ScalarCode["kind"], make: (a: Expression, b: Expression) => Expression): Lowering =>
  (emitter, term, environment) => {
    const [a, b] = term.args.map((arg) => emitter.scalar(arg, environment));
    return keep(emitter, kind, make(a.value, b.value), both(a.present, b.present));
  };

const comparison =
  (compare: (a: Expression, b: Expression) => Expression): Lowering =>
  (emitter, term, environment) => {
    const limited = withoutRoot(term);
    if (!limited) return compared(emitter, term, environment, compare);
    const { value, present } = emitter.scalar(limited.argument, environment);
    return keep(emitter, "boolean", (limited.isBelow ? F.lt : F.ge)(value, numberOf(emitter, term, limited.limit)), present);
  };

/** Compares numbers by one function, and booleans and strings, which are integers, by another. */
const equality =
  (numbers: (a: Expression, b: Expression) => Expression, integers: (a: Expression, b: Expression) => Expression): Lowering =>
  (emitter, term, environment) =>
    compared(emitter, term, environment, term.args[0].type.kind === "number" ? numbers : integers);

function compared(
  emitter: Emitter,
  term: Term,
  environment: Environment,
  compare: (a: Expression, b: Expression) => Expression,
): ScalarCode {
  if (!term.args.some(({ type }) => longOf(type))) return binary("boolean", compare)(emitter, term, environment) as ScalarCode;
  const [a, b] = term.args.map((arg): Side => ({ code: emitter.scalar(arg, environment), long: longOf(arg.type) }));
  const isTrue = compareLongs(emitter, term.operation as Comparison, a, b);
  return keep(emitter, "boolean", isTrue, both(a.code.present, b.code.present));
}

export const scalars = {
  number: value(0, (emitter, term) => ({ kind: "number", value: numberOf(emitter, term, Number(term.literal)) })),
  integer: value(0, (_emitter, { literal, type }) => longCode(i64(BigInt.asIntN(64, BigInt(String(literal)))), longOf(type)!)),
  boolean: value(0, (_emitter, term) => ({ kind: "boolean", value: i32(term.literal ? 1 : 0) })),
  string: value(0, ({ strings }, term) => ({ kind: "string", value: i32(strings.get(String(term.literal))!) })),
  column: value(1, ({ columns, event }, term) => columns.read(columns.column(String(term.literal)), event)),
  position: value(0, (emitter, term, environment) => keep(emitter, "number", F.fromI64(environment[Number(term.literal)].position()))),
  negate: value(1, (emitter, term, environment) => {
    const operand = emitter.scalar(term.args[0], environment);
    return keep(emitter, "number", F.neg(operand.value), operand.present);
  }),
  add: value(1, binary("number", F.add)),
  subtract: value(1, binary("number", F.sub)),
  multiply: value(1, binary("number", F.mul)),
  divide: value(5, binary("number", F.div)),
  remainder: value(40, lowerFunction),
  power: value(60, lowerFunction),
  ...bits,
  function: value(25, lowerFunction),
  equal: value(1, equality(F.eq, I.eq)),
  "not-equal": value(1, equality(F.ne, I.ne)),
  less: value(1, comparison(F.lt)),
  "less-equal": value(1, comparison(F.le)),
  greater: value(1, comparison(F.gt)),
  "greater-equal": value(1, comparison(F.ge)),
  same: value(1, (emitter, term, environment) => {
    const [a, b] = term.args.map((arg) => emitter.lower(arg, environment) as RecordCode);
    const [one, other] = [a.identity!(), b.identity!()];
    const isSame = I.and(I.eq(one.origin, other.origin), I.eq(one.index, other.index));
    return keep(emitter, "boolean", isSame, both(a.present, b.present));
  }),
  not: value(1, (emitter, term, environment) => {
    const operand = emitter.scalar(term.args[0], environment);
    return keep(emitter, "boolean", I.eqz(operand.value), operand.present);
  }),
  and: value(1, (emitter, term, environment) => lowerLogic(emitter, term, environment)),
  or: value(1, (emitter, term, environment) => lowerLogic(emitter, term, environment)),
  conditional: value(1, (emitter, term, environment) => {
    const test = truth(emitter.scalar(term.args[0], environment));
    return choose(emitter, { test, type: term.type, yes: term.args[1], no: term.args[2] }, environment);
  }),
  coalesce: value(1, (emitter, term, environment) => {
    const first = emitter.scalar(term.args[0], environment);
    if (!first.present) return first;
    return choose(emitter, { test: first.present, type: term.type, yes: term.args[0], no: term.args[1], yesIsPresent: true }, environment);
  }),
  "is-present": value(1, (emitter, term, environment) => {
    return keep(emitter, "boolean", emitter.lower(term.args[0], environment).present ?? i32(1));
  }),
  "not-null": value(1, (emitter, term, environment) => {
    return keep(emitter, "boolean", isThere(emitter, term.args[0], environment) ?? i32(1));
  }),
} satisfies Readonly<Record<ScalarOperation, ValueOperator>>;

function keep(emitter: Emitter, kind: ScalarCode["kind"], value: Expression, present?: Expression): ScalarCode {
  return { kind, value: emitter.keep(value), ...(present && { present: emitter.keep(present) }) };
}

/** Logic with missing values by Kleene: `&&` is false if either side is false, `||` is true if either side is true, even if the other one is missing. */
function lowerLogic(emitter: Emitter, term: Term, environment: Environment): ScalarCode {
  const { f } = emitter;
  const isAnd = term.operation === "and";
  const first = emitter.scalar(term.args[0], environment);
  const decided = (code: ScalarCode) => (isAnd ? both(I.eqz(code.value), code.present)! : truth(code));
  if (emitter.cost(term.args[1]) <= cheap) return combine(first, emitter.scalar(term.args[1], environment));

  computeShared(emitter, [term.args[1]], environment);
  const value = f.variable(i32(isAnd ? 0 : 1));
  const optional = term.type.kind === "boolean" && term.type.optional;
  const present = optional ? f.variable(i32(1)) : undefined;
  emitter.if(I.eqz(decided(first)), () => {
    const result = combine(first, emitter.scalar(term.args[1], environment));
    f.set(value, result.value);
    if (present) f.set(present, result.present ?? i32(1));
  });
  return { kind: "boolean", value, ...(present && { present }) };

  function combine(a: ScalarCode, b: ScalarCode): ScalarCode {
    const result = isAnd ? I.and(truth(a), truth(b)) : I.or(truth(a), truth(b));
    const known = both(a.present, b.present);
    return keep(emitter, "boolean", result, known && I.or(I.or(decided(a), decided(b)), known));
  }
}

interface Choice {
  readonly test: Expression;
  readonly type: Type;
  readonly yes: Term;
  readonly no: Term;
  /** Whether `yes` is never missing when it is chosen, even if its type is optional. */
  readonly yesIsPresent?: boolean;
}

function choose(emitter: Emitter, { test, type, yes, no, yesIsPresent = false }: Choice, environment: Environment): ScalarCode {
  const condition = emitter.keep(test);
  const optional = isOptional(no.type) || (isOptional(yes.type) && !yesIsPresent);
  const codeOfYes = (): ScalarCode => ({ ...emitter.scalar(yes, environment), ...(yesIsPresent && { present: i32(1) }) });
  const codeOfNo = (): ScalarCode => emitter.scalar(no, environment);
  if (emitter.cost(yes) + emitter.cost(no) <= cheap) {
    const [a, b] = [codeOfYes(), codeOfNo()];
    const present = optional ? emitter.keep(select(condition, a.present ?? i32(1), b.present ?? i32(1))) : undefined;
    const long = longOf(type);
    const chosen: ScalarCode = long
      ? longCode(emitter.keep(select(condition, a.long!, b.long!)), long)
      : keep(emitter, scalarKind(type), select(condition, a.value, b.value));
    return { ...chosen, ...(present && { present }) };
  }
  computeShared(emitter, [yes, no], environment);
  const chosen = scalarVariable(emitter.f, withOptional(type, optional));
  emitter.if(
    condition,
    () => chosen.set(codeOfYes()),
    () => chosen.set(codeOfNo()),
  );
  return chosen.code;
}
