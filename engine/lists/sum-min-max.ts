/** `list.sum(f?)`, `product`, `mean`, `min` and `max` of the values of f, or of the elements themselves; missing values are left out. */
import type { Checker } from "../check/checker.ts";
import { type Component, isFourVector } from "../check/four-vector.ts";
import { oneFunction } from "../check/method-call.ts";
import { type Environment, longCode, type ScalarCode } from "../compile/code.ts";
import type { Emitter } from "../compile/emitter.ts";
import { openList } from "../compile/open-list.ts";
import { ExpressionError } from "../expression/tree.ts";
import { lambdaOf, mapOver } from "../program/make-terms.ts";
import type { Term } from "../program/term.ts";
import { describeType, eitherOf, type ListType, type Long, longOf, number, withOptional } from "../program/types.ts";
import { type Expression, F, f64, I, i32, i64, L, select } from "../wasm/instructions.ts";
import type { ListOperator, Method } from "./list-operator.ts";

const cost = 20;

export const sum: ListOperator = folded("sum", 0, F.add);
export const product: ListOperator = folded("product", 1, F.mul);

/** Combines the values from the first to the last; `start` is the result for no values. */
function folded(name: "sum" | "product", start: number, fold: (a: Expression, b: Expression) => Expression): ListOperator {
  return {
    kind: "value",
    cost,
    method: reduction(name, { isMissingWhenEmpty: false }),
    lower(emitter, term, environment) {
      const total = emitter.f.variable(f64(start));
      eachPresent(emitter, term, environment, (value) => emitter.f.set(total, fold(total, value)));
      return { kind: "number", value: total };
    },
  };
}

/** The sum divided by the number of values that are not missing; itself missing if there are none. */
export const mean: ListOperator = {
  kind: "value",
  cost,
  method: reduction("mean", { isMissingWhenEmpty: true }),
  lower(emitter, term, environment) {
    const { f } = emitter;
    const total = f.variable(f64(0));
    const count = f.variable(f64(0));
    eachPresent(emitter, term, environment, (value) => {
      f.set(total, F.add(total, value));
      f.set(count, F.add(count, f64(1)));
    });
    return { kind: "number", value: emitter.keep(F.div(total, count)), present: emitter.keep(F.gt(count, f64(0))) };
  },
};

export const min: ListOperator = extreme("min", Number.POSITIVE_INFINITY, F.min, { int64: L.lt, uint64: L.ltU });
export const max: ListOperator = extreme("max", Number.NEGATIVE_INFINITY, F.max, { int64: L.gt, uint64: L.gtU });

type Choice = (a: Expression, b: Expression) => Expression;

/** `better` works on float64; `isBetter` on 64-bit integers, so that the result is exact. */
function extreme(name: "min" | "max", start: number, better: Choice, isBetter: Readonly<Record<Long, Choice>>): ListOperator {
  return {
    kind: "value",
    cost,
    method: reduction(name, { isMissingWhenEmpty: true }),
    lower(emitter, term, environment) {
      const { f } = emitter;
      const long = longOf(term.type);
      if (long) {
        const found = f.variable(i64(0n));
        const present = f.variable(i32(0));
        eachPresent(emitter, term, environment, (_value, each) => {
          const isFirst = I.eqz(present);
          f.set(found, select(I.or(isFirst, isBetter[long](each!, found)), each!, found));
          f.set(present, i32(1));
        });
        return { ...longCode(found, long), present };
      }
      const value = f.variable(f64(start));
      const present = f.variable(i32(0));
      eachPresent(emitter, term, environment, (each) => {
        f.set(value, better(value, each));
        f.set(present, i32(1));
      });
      return { kind: "number", value, present };
    },
  };
}

function reduction(
  name: "sum" | "product" | "mean" | "min" | "max",
  { isMissingWhenEmpty }: { readonly isMissingWhenEmpty: boolean },
): Method {
  return (methodCall) => {
    const { list, call, checker } = methodCall;
    if (call.args.length > 1) throw new ExpressionError(`${name} takes one function at most`, call.args[1].start);
    const values = call.args.length === 1 ? mapOver(checker.terms, list, oneFunction(methodCall)) : list;
    const { element } = values.type as ListType;
    if (name === "sum" && isFourVector(element)) return checker.formulas.total((component) => sumOf(checker, values, component));
    if (element.kind !== "number") {
      const own = call.args.length === 1 ? "" : `: say of what, ${name}(x => …)`;
      const advice = element.kind === "boolean" ? `: ${adviceForBooleans[name]}` : own;
      throw new ExpressionError(`${name} needs a list of numbers, but this is ${describeType(values.type)}${advice}`, call.nameStart);
    }
    const type = name !== "min" && name !== "max" ? number : longOf(element) ? element : eitherOf(element, number);
    return checker.terms.make(name, withOptional(type, isMissingWhenEmpty), [values]);
  };
}

const adviceForBooleans = {
  sum: "how many are true count(x => …) tells",
  product: "whether all are true every(x => …) tells",
  mean: "for the part that is true write mean(x => … ? 1 : 0)",
  min: "whether all are true every(x => …) tells",
  max: "whether any is true some(x => …) tells",
} as const;

/** The sum of one component over all four-vectors of the list. */
function sumOf({ terms, formulas, level }: Checker, vectors: Term, component: Component): Term {
  const param = terms.make("param", (vectors.type as ListType).element, [], level);
  return terms.make("sum", number, [mapOver(terms, vectors, lambdaOf(terms, formulas.component(param, component), level))]);
}

function eachPresent(
  emitter: Emitter,
  term: Term,
  environment: Environment,
  body: (value: Expression, long: Expression | undefined) => void,
): void {
  openList(emitter, term.args[0], environment).iterate((element) => {
    const code = element.code() as ScalarCode;
    if (code.present) emitter.if(code.present, () => body(code.value, code.long));
    else body(code.value, code.long);
  });
}
