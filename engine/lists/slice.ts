/**
 * `list.slice(from?, to?)`: the elements from index `from` up to, but without, `to`. Negative indices count from the end; fractions are cut off. The
 * result is missing if an index is.
 */
import { expectType } from "../check/checker.ts";
import { missingWith } from "../check/method-call.ts";
import { openList } from "../compile/open-list.ts";
import { ExpressionError } from "../expression/tree.ts";
import { isOptional, number } from "../program/types.ts";
import { type Expression, F, I, i32, L, select } from "../wasm/instructions.ts";
import type { ListOperator } from "./list-operator.ts";

export const slice: ListOperator = {
  kind: "list",
  cost: 4,
  isSearch: false,
  method(methodCall) {
    const { list, call, checker } = methodCall;
    if (call.args.length > 2) throw new ExpressionError("slice takes two places at most", call.args[2].start);
    const ends = call.args.map((tree) => {
      const end = checker.check(tree, checker);
      expectType(end, "number", tree, "slice");
      missingWith(methodCall, end);
      if (!isOptional(end.type)) return end;
      return checker.terms.make("coalesce", number, [end, checker.terms.make("number", number, [], 0)]);
    });
    return checker.terms.make("slice", list.type, [list, ...ends]);
  },
  open(emitter, term, environment) {
    const [list, ...ends] = term.args;
    const source = openList(emitter, list, environment);
    const numbered = () => {
      const { from, to, at } = source.numbered();
      const length = emitter.keep(I.sub(to, from));
      const [first, last] = ends.map((end) => placeOf(emitter.scalar(end, environment).value, length));
      const begin = emitter.keep(I.add(from, first ?? i32(0)));
      const end = emitter.keep(last ? I.add(from, last) : to);
      return { from: begin, to: emitter.keep(select(I.lt(end, begin), begin, end)), at };
    };
    /** The index that a value means, between 0 and the length. NaN counts as 0. */
    function placeOf(value: Expression, length: Expression): Expression {
      const whole = emitter.keep(I.truncF64(value));
      const most = emitter.keep(F.fromU32(length));
      const fromEnd = emitter.keep(I.add(whole, length));
      const isBeforeStart = F.lt(F.add(F.trunc(value), most), F.sub(most, most));
      const negative = select(isBeforeStart, i32(0), fromEnd);
      return emitter.keep(select(I.lt(whole, i32(0)), negative, select(F.gt(value, most), length, whole)));
    }
    return {
      places: 1,
      knowsPositions: true,
      takesScratch: false,
      iterate(body) {
        const { from, to, at } = numbered();
        emitter.loop(from, to, (handle) => {
          const element = at(handle);
          body({ ...element, position: () => emitter.keep(L.fromU32(I.sub(handle, from))), place: emitter.newKey() }, [handle]);
        });
      },
      at([handle], isThere) {
        const { from, at } = numbered();
        const position = () => emitter.keep(L.fromU32(I.sub(handle, from)));
        return { ...at(handle, isThere), position, place: emitter.newKey() };
      },
      length: () => lengthOf(),
      bound: () => lengthOf(),
      numbered: () => {
        const range = numbered();
        const position = (handle: Expression) => () => emitter.keep(L.fromU32(I.sub(handle, range.from)));
        return {
          ...range,
          at: (handle, isThere) => ({ ...range.at(handle, isThere), position: position(handle), place: emitter.newKey() }),
        };
      },
    };

    function lengthOf(): Expression {
      const { from, to } = numbered();
      return emitter.keep(L.fromU32(I.sub(to, from)));
    }
  },
};
