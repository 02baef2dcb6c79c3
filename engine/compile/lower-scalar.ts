/** Numbers and booleans: from each kind of term to instructions. Missing values travel beside the value, as `present`. */
import type { Operation, Term } from "../program/term.ts";
import { type Expression, F, f64, I, i32, select } from "../wasm/instructions.ts";
import { bind, both, type Code, type Environment, type RecordCode, type ScalarCode, truth } from "./code.ts";
import type { Emitter } from "./emitter.ts";
import { computeShared, hoist } from "./hoist.ts";
import { lowerFunction } from "./lower-function.ts";
import { iterate, lengthOf, numbered } from "./lower-list.ts";

type Lowering = (emitter: Emitter, term: Term, environment: Environment) => Code;

/** Up to this cost both sides of a choice are computed, and then one is taken. */
const cheap = 16;

const binary =
  (kind: ScalarCode["kind"], make: (a: Expression, b: Expression) => Expression): Lowering =>
  (emitter, term, environment) => {
    const [a, b] = term.args.map((arg) => emitter.scalar(arg, environment));
    return keep(emitter, kind, make(a.value, b.value), both(a.present, b.present));
  };

/** Numbers and booleans compare alike. */
const equality =
  (numbers: (a: Expression, b: Expression) => Expression, booleans: (a: Expression, b: Expression) => Expression): Lowering =>
  (emitter, term, environment) =>
    binary("boolean", term.args[0].type.kind === "boolean" ? booleans : numbers)(emitter, term, environment);

const lowerings: { readonly [Each in Operation]?: Lowering } = {
  number: (_emitter, term) => ({ kind: "number", value: f64(Number(term.literal)) }),
  boolean: (_emitter, term) => ({ kind: "boolean", value: i32(term.literal ? 1 : 0) }),
  column: (emitter, term) => emitter.read(emitter.column(String(term.literal)), emitter.event),
  position: (emitter, term, environment) => keep(emitter, "number", F.fromI32(environment[Number(term.literal)].position())),
  negate: (emitter, term, environment) => {
    const operand = emitter.scalar(term.args[0], environment);
    return keep(emitter, "number", F.neg(operand.value), operand.present);
  },
  add: binary("number", F.add),
  subtract: binary("number", F.sub),
  multiply: binary("number", F.mul),
  divide: binary("number", F.div),
  remainder: lowerFunction,
  power: lowerFunction,
  function: lowerFunction,
  equal: equality(F.eq, I.eq),
  "not-equal": equality(F.ne, I.ne),
  less: binary("boolean", F.lt),
  "less-equal": binary("boolean", F.le),
  greater: binary("boolean", F.gt),
  "greater-equal": binary("boolean", F.ge),
  same(emitter, term, environment) {
    const [a, b] = term.args.map((arg) => emitter.lower(arg, environment) as RecordCode);
    const [one, other] = term.args.map(({ type }) => (type.kind === "record" ? type.origin : undefined));
    return keep(emitter, "boolean", one === other ? I.eq(a.index!, b.index!) : i32(0), both(a.present, b.present));
  },
  not(emitter, term, environment) {
    const operand = emitter.scalar(term.args[0], environment);
    return keep(emitter, "boolean", I.eqz(operand.value), operand.present);
  },
  and: (emitter, term, environment) => lowerLogic(emitter, term, environment),
  or: (emitter, term, environment) => lowerLogic(emitter, term, environment),
  conditional(emitter, term, environment) {
    const test = truth(emitter.scalar(term.args[0], environment));
    return choose(emitter, test, term.args[1], term.args[2], environment);
  },
  coalesce(emitter, term, environment) {
    const first = emitter.scalar(term.args[0], environment);
    return first.present ? choose(emitter, first.present, term.args[0], term.args[1], environment, true) : first;
  },
  "is-present"(emitter, term, environment) {
    return keep(emitter, "boolean", presence(emitter, term.args[0], environment) ?? i32(1));
  },
  length: (emitter, term, environment) => keep(emitter, "number", F.fromI64(lengthOf(emitter, term.args[0], environment))),
  some: (emitter, term, environment) => lowerAny(emitter, term, environment, 0),
  every: (emitter, term, environment) => lowerAny(emitter, term, environment, 1),
  sum(emitter, term, environment) {
    const total = emitter.f.variable(f64(0));
    eachPresent(emitter, term, environment, (value) => emitter.f.set(total, F.add(total, value)));
    return { kind: "number", value: total };
  },
  smallest: (emitter, term, environment) => lowerExtreme(emitter, term, environment, Number.POSITIVE_INFINITY, F.min),
  largest: (emitter, term, environment) => lowerExtreme(emitter, term, environment, Number.NEGATIVE_INFINITY, F.max),
  index: (emitter, term, environment) => lowerElement(emitter, term, environment),
  at: (emitter, term, environment) => lowerElement(emitter, term, environment),
};

export function lowerScalar(emitter: Emitter, term: Term, environment: Environment): Code {
  const lowering = lowerings[term.operation];
  if (!lowering) throw new Error(`no instructions for ${term.operation}`);
  return lowering(emitter, term, environment);
}

function keep(emitter: Emitter, kind: ScalarCode["kind"], value: Expression, present?: Expression): ScalarCode {
  return { kind, value: emitter.keep(value), ...(present && { present: emitter.keep(present) }) };
}

/** Whether a value is there; nothing where it always is. */
function presence(emitter: Emitter, term: Term, environment: Environment): Expression | undefined {
  const code = emitter.lower(term, environment);
  return code.kind === "number" || code.kind === "boolean" || code.kind === "record" ? code.present : undefined;
}

/** Kleene: `&&` is false where either side is false, `||` true where either is true, whatever is missing. */
function lowerLogic(emitter: Emitter, term: Term, environment: Environment): ScalarCode {
  const { f } = emitter;
  const isAnd = term.operation === "and";
  const first = emitter.scalar(term.args[0], environment);
  const decided = (code: ScalarCode) => (isAnd ? both(I.eqz(code.value), code.present)! : truth(code));
  if (term.args[1].cost <= cheap) return combine(first, emitter.scalar(term.args[1], environment));

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

function choose(emitter: Emitter, test: Expression, yes: Term, no: Term, environment: Environment, yesIsPresent = false): ScalarCode {
  const { f } = emitter;
  const kind = yes.type.kind === "boolean" ? "boolean" : "number";
  const condition = emitter.keep(test);
  if (yes.cost + no.cost <= cheap) {
    const [a, b] = [emitter.scalar(yes, environment), emitter.scalar(no, environment)];
    const optional = (a.present && !yesIsPresent) || b.present;
    const present = optional && select(condition, yesIsPresent ? i32(1) : (a.present ?? i32(1)), b.present ?? i32(1));
    return keep(emitter, kind, select(condition, a.value, b.value), present);
  }
  computeShared(emitter, [yes, no], environment);
  const value = f.variable(kind === "boolean" ? i32(0) : f64(0));
  const present = f.variable(i32(1));
  const take = (term: Term, isPresent: boolean) => () => {
    const code = emitter.scalar(term, environment);
    f.set(value, code.value);
    f.set(present, isPresent ? i32(1) : (code.present ?? i32(1)));
  };
  emitter.if(condition, take(yes, yesIsPresent), take(no, false));
  const optional = [yes, no].some(({ type }, index) => type.kind !== "list" && type.optional && !(index === 0 && yesIsPresent));
  return { kind, value, ...(optional && { present }) };
}

/** `some` starts with false and ends with the first true; `every` starts with true and ends with the first that is not. */
function lowerAny(emitter: Emitter, term: Term, environment: Environment, start: 0 | 1): ScalarCode {
  const { f } = emitter;
  const result = f.variable(i32(start));
  const level = Number(term.literal);
  const [list, body] = term.args;
  hoist(emitter, term, environment);
  f.block((end) => {
    iterate(emitter, list, environment, (element) => {
      const test = truth(emitter.scalar(body, bind(environment, level, element)));
      f.if(start === 0 ? test : I.eqz(test), () => {
        f.set(result, i32(1 - start));
        f.branch(end);
      });
    });
  });
  return { kind: "boolean", value: result };
}

function eachPresent(emitter: Emitter, term: Term, environment: Environment, body: (value: Expression) => void): void {
  iterate(emitter, term.args[0], environment, (element) => {
    const code = element.code() as ScalarCode;
    if (code.present) emitter.if(code.present, () => body(code.value));
    else body(code.value);
  });
}

function lowerExtreme(
  emitter: Emitter,
  term: Term,
  environment: Environment,
  start: number,
  better: (a: Expression, b: Expression) => Expression,
): ScalarCode {
  const { f } = emitter;
  const value = f.variable(f64(start));
  const present = f.variable(i32(0));
  eachPresent(emitter, term, environment, (each) => {
    f.set(value, better(value, each));
    f.set(present, i32(1));
  });
  return { kind: "number", value, present };
}

/** `list[i]` is missing where i is not the number of an element; `at` counts from the end where i is negative, and cuts off fractions. */
function lowerElement(emitter: Emitter, term: Term, environment: Environment): Code {
  const [list, index] = term.args;
  const place = emitter.scalar(index, environment);
  const elements = numbered(emitter, list, environment);
  const length = emitter.keep(I.sub(elements.to, elements.from));
  const whole = emitter.keep(I.truncF64(place.value));
  const fromStart = term.operation === "at" ? emitter.keep(select(I.lt(whole, i32(0)), I.add(whole, length), whole)) : whole;
  const inside = I.ltU(fromStart, length);
  const exact = term.operation === "at" ? inside : I.and(inside, F.eq(F.fromI32(whole), place.value));
  const present = emitter.keep(both(exact, place.present)!);
  const code = elements.at(emitter.keep(I.add(elements.from, select(present, fromStart, i32(0)))), present).code();
  if (code.kind === "record") {
    return {
      kind: "record",
      present: both(present, code.present)!,
      ...(code.index && { index: code.index }),
      get(field) {
        const value = code.get(field) as ScalarCode;
        return { ...value, present: both(present, value.present)! };
      },
    };
  }
  const scalar = code as ScalarCode;
  return keep(emitter, scalar.kind, scalar.value, both(present, scalar.present));
}
