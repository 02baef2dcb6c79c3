/**
 * `list.minBy(f)` and `list.maxBy(f)`: the element for which f is least or largest; of several equal ones the first. Elements for which f is missing
 * or NaN are left out; if none remains, the result is missing.
 */

import { expectType } from "../check/checker.ts";
import { oneFunction } from "../check/method-call.ts";
import { bind, both, type Element, type ScalarCode } from "../compile/code.ts";
import { hoist } from "../compile/hoist.ts";
import { openList } from "../compile/open-list.ts";
import { optionalCode } from "../compile/optional-code.ts";
import { distanceFromRoot, openLimits } from "../compile/tables/near-root.ts";
import type { Term, Terms } from "../program/term.ts";
import { type ListType, type Long, longOf, withOptional } from "../program/types.ts";
import { type Expression, F, f64, I, i32, i64, L, V } from "../wasm/instructions.ts";
import type { ListOperator } from "./list-operator.ts";

export const minBy: ListOperator = extremeBy("minBy", F.ge, V.ge, { int64: L.lt, uint64: L.ltU });
export const maxBy: ListOperator = extremeBy("maxBy", F.le, V.le, { int64: L.gt, uint64: L.gtU });

/** The term for `list.minBy` or `list.maxBy`. */
export const pickBy = (terms: Terms, name: "minBy" | "maxBy", list: Term, lambda: Term): Term =>
  terms.make(name, withOptional((list.type as ListType).element, true), [list, lambda]);

type Comparison = (value: Expression, best: Expression) => Expression;

/** `isBetterInteger` compares 64-bit integers that round to the same float64. */
function extremeBy(
  name: "minBy" | "maxBy",
  isNoBetter: Comparison,
  isNoBetterOfTwo: Comparison,
  isBetterInteger: Readonly<Record<Long, Comparison>>,
): ListOperator {
  return {
    kind: "value",
    cost: 30,
    method(methodCall) {
      const lambda = oneFunction(methodCall);
      const [tree] = methodCall.call.args;
      expectType(lambda, "number", tree.kind === "lambda" ? tree.body : tree, `the function of ${name}`);
      return pickBy(methodCall.checker.terms, name, methodCall.list, lambda);
    },
    lower(emitter, term, environment) {
      const { f } = emitter;
      const [list, lambda] = term.args;
      const source = openList(emitter, list, environment);
      const found = f.variable(i32(0));
      // NaN until an element is found: `isNoBetter` is false against NaN, so the first number is taken.
      const best = f.variable(f64(Number.NaN));
      const place = Array.from({ length: source.places }, () => f.variable(i32(0)));
      hoist(emitter, lambda, environment);
      const kind = longOf(lambda.type);
      const bestLong = kind && f.variable(i64(0n));
      const near = name === "minBy" ? distanceFromRoot(lambda.args[0]) : undefined;
      const limits = near && openLimits(emitter, emitter.scalar(near.constant, environment).value);
      const pick = (at: readonly Expression[], { value, present, long }: ScalarCode) => {
        const isBetter = I.and(I.eqz(isNoBetter(value, best)), F.eq(value, value));
        const isBetterLong = long && I.and(F.eq(value, best), isBetterInteger[kind!](long, bestLong!));
        f.if(both(isBetterLong ? I.or(isBetter, isBetterLong) : isBetter, present)!, () => {
          f.set(found, i32(1));
          f.set(best, value);
          limits?.narrow(best);
          if (long) f.set(bestLong!, long);
          for (const [index, each] of at.entries()) f.set(place[index], each);
        });
      };
      const applyTo = (element: Element) => emitter.apply(lambda, environment, element) as ScalarCode;
      source.iterate(
        (element, at) => pick(at, applyTo(element)),
        [{ lambda, environment }],
        ({ element, places, hasSecond, inLanes }) => {
          const valuesOf = (make: () => ScalarCode): Expression => {
            let values: Expression = f64(0);
            inLanes(() => {
              values = make().value;
            });
            return values.type === "v128" ? values : emitter.keep(V.splat(values));
          };
          const pickTwo = () => {
            const both = valuesOf(() => applyTo(element));
            f.if(V.anyTrue(V.not(isNoBetterOfTwo(both, V.splat(best)))), () => {
              pick(places[0], { kind: "number", value: emitter.keep(V.float(both, 0)) });
              pick(places[1], { kind: "number", value: emitter.keep(V.float(both, 1)), present: hasSecond });
            });
          };
          if (!near) pickTwo();
          else {
            const within = bind(environment, Number(lambda.literal), element);
            emitter.if(limits!.mayBeNearer(valuesOf(() => emitter.scalar(near.argument, within))), pickTwo);
          }
        },
      );
      return optionalCode(emitter, source.at(place, found).code(), found);
    },
  };
}
