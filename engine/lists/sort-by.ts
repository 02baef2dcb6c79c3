/** `list.sortBy(f)`: the elements by increasing f. Equal ones keep their order; elements for which f is missing or NaN come last. */
import { expectType } from "../check/checker.ts";
import { oneFunction } from "../check/method-call.ts";
import type { Element, ScalarCode } from "../compile/code.ts";
import type { Emitter } from "../compile/emitter.ts";
import { hoist } from "../compile/hoist.ts";
import { keyOf } from "../compile/key-of.ts";
import type { Numbered } from "../compile/list.ts";
import { openList } from "../compile/open-list.ts";
import { type Long, longOf } from "../program/types.ts";
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { call, type Expression, F, type FunctionReference, f64, I, i32, L, load, select, store } from "../wasm/instructions.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import type { ListOperator } from "./list-operator.ts";

/**
 * Bytes of scratch for each element, in one table for each part: its key (f64); for keys that are 64-bit integers also the integer (i64); its
 * index (i32); space for merging (i32).
 */
const bytesOfElement = 16;
const bytesWithLong = 24;

export const sortBy: ListOperator = {
  kind: "list",
  cost: 40,
  isSearch: true,
  method(methodCall) {
    const lambda = oneFunction(methodCall);
    const [tree] = methodCall.call.args;
    expectType(lambda, "number", tree.kind === "lambda" ? tree.body : tree, "the function of sortBy");
    return methodCall.checker.terms.make("sortBy", methodCall.list.type, [methodCall.list, lambda]);
  },
  open(emitter, term, environment) {
    const [list, lambda] = term.args;
    const source = openList(emitter, list, environment);
    const sorted = () =>
      emitter.once(`sorted ${keyOf(term, environment)}`, () => {
        hoist(emitter, lambda, environment);
        const unsorted = source.numbered();
        const keyOfElement = (element: Element) => emitter.apply(lambda, environment, element) as ScalarCode;
        return { unsorted, ...sortNumbers(emitter, unsorted, keyOfElement, longOf(lambda.type)) };
      });
    type Sorted = ReturnType<typeof sorted>;
    const elementOf = ({ unsorted, order }: Sorted, handle: Expression, isThere?: Expression): Element => {
      const address = I.add(order, I.shl(handle, i32(2)));
      const number = emitter.keep(load.i32(emitter.keep(isThere ? select(isThere, address, order) : address)));
      const from = emitter.keep(I.add(unsorted.from, isThere ? select(isThere, number, i32(0)) : number));
      return { ...unsorted.at(from, isThere), position: () => emitter.keep(L.fromU32(handle)), place: emitter.newKey() };
    };
    const count = () => emitter.keep(L.fromU32(sorted().count));
    return {
      places: 1,
      knowsPositions: true,
      takesScratch: true,
      iterate(body) {
        const inOrder = sorted();
        emitter.loop(i32(0), inOrder.count, (handle) => body(elementOf(inOrder, handle), [handle]));
      },
      at: ([handle], isThere) => elementOf(sorted(), handle, isThere),
      length: () => source.length(),
      bound: count,
      numbered() {
        const inOrder = sorted();
        return { from: i32(0), to: inOrder.count, at: (handle, isThere) => elementOf(inOrder, handle, isThere) };
      },
    };
  },
};

/** Sorts the indices of the elements, from 0, by their keys; `order` is the address of the sorted indices (i32). */
function sortNumbers(
  emitter: Emitter,
  { from, to, at }: Numbered,
  keyOfElement: (element: Element) => ScalarCode,
  kind: Long | undefined,
): { readonly order: Expression; readonly count: Expression } {
  const { f, m } = emitter;
  const count = emitter.keep(I.sub(to, from));
  const { from: keys, to: end } = emitter.takeScratch(L.fromU32(count), kind ? bytesWithLong : bytesOfElement, {
    leavesRoom: true,
  });
  const order = emitter.keep(I.add(keys, I.shl(count, i32(kind ? 4 : 3))));
  const next = f.variable(keys);
  emitter.loop(from, to, (handle) => {
    const { value, present, long } = keyOfElement(at(handle));
    f.if(I.geU(next, end), () => emitter.trap("scratch"));
    f.store(store.f64, next, present ? select(present, value, f64(Number.NaN)) : value);
    if (long) f.store(store.i64, I.add(next, I.shl(count, i32(3))), long);
    f.set(next, I.add(next, i32(8)));
  });
  const room = emitter.keep(I.add(order, I.shl(count, i32(2))));
  return { order: emitter.keep(call(mergeSort(m, kind), keys, order, room, count)), count };
}

/** A function that sorts indices and returns the address where they then lie: `order` or `room`. */
function mergeSort(m: ModuleBuilder, kind: Long | undefined): FunctionReference {
  return m.shared(`sort by keys ${kind}`, ["i32", "i32", "i32", "i32"], "i32", (f) => {
    const [keys, order, room, count] = f.params;
    f.count(i32(0), count, (number) => f.store(store.i32, I.add(order, I.shl(number, i32(2))), number));
    const [source, target] = [f.variable(order), f.variable(room)];
    const width = f.variable(i32(1));
    f.loop((again) => {
      f.if(I.ltU(width, count), () => {
        mergeRuns(f, { keys, source, target, width, count }, kind);
        const swapped = f.variable(source);
        f.set(source, target);
        f.set(target, swapped);
        f.set(width, I.shl(width, i32(1)));
        f.branch(again);
      });
    });
    f.return(source);
  });
}

/** Merges neighbouring sorted runs of `width` indices of `source` into `target`. */
function mergeRuns(
  f: FunctionBuilder,
  { keys, source, target, width, count }: Readonly<Record<"keys" | "source" | "target" | "width" | "count", Expression>>,
  kind: Long | undefined,
): void {
  const atMostCount = (place: Expression) => f.keep(select(I.ltU(place, count), place, count));
  const numberAt = (place: Expression) => f.keep(load.i32(I.add(source, I.shl(place, i32(2)))));
  const keyAddress = (place: Expression) => f.keep(I.add(keys, I.shl(numberAt(place), i32(3))));
  const longAt = (address: Expression) => load.i64(I.add(address, I.shl(count, i32(3))));
  const written = f.variable(i32(0));
  f.loop((nextRun) => {
    f.if(I.ltU(written, count), () => {
      const left = f.variable(written);
      const middle = atMostCount(f.keep(I.add(left, width)));
      const right = f.variable(middle);
      const end = atMostCount(f.keep(I.add(middle, width)));
      f.loop((again) => {
        f.if(I.ltU(written, end), () => {
          const takesRight = f.variable(i32(1));
          f.if(I.ltU(left, middle), () => {
            f.set(takesRight, i32(0));
            f.if(I.ltU(right, end), () => {
              const [ofLeft, ofRight] = [keyAddress(left), keyAddress(right)];
              const [a, b] = [ofLeft, ofRight].map((address) => f.keep(load.f64(address)));
              f.set(takesRight, I.or(F.lt(b, a), I.and(F.ne(a, a), F.eq(b, b))));
              // 64-bit integers that round to the same float64 are compared exactly.
              if (kind) f.if(F.eq(a, b), () => f.set(takesRight, (kind === "int64" ? L.lt : L.ltU)(longAt(ofRight), longAt(ofLeft))));
            });
          });
          const taken = f.keep(select(takesRight, right, left));
          f.store(store.i32, I.add(target, I.shl(written, i32(2))), numberAt(taken));
          f.set(right, I.add(right, takesRight));
          f.set(left, I.add(left, I.eqz(takesRight)));
          f.set(written, I.add(written, i32(1)));
          f.branch(again);
        });
      });
      f.branch(nextRun);
    });
  });
}
