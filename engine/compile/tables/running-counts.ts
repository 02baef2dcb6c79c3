/**
 * Counts how many elements of an event pass a cheap cut. Running counts over the content of all events are made before the loop over events. The count
 * of an event is then the difference of two of them, without a short loop whose end processors could not predict.
 */
import { isReadWide, setRange } from "../../lists/collection.ts";
import { reachable, type Term } from "../../program/term.ts";
import { type Expression, F, f64, I, i32, load, store, V } from "../../wasm/instructions.ts";
import type { ScalarCode } from "../code.ts";
import type { Emitter, ValueOperator } from "../emitter.ts";
import { openList } from "../open-list.ts";
import { isWide } from "./wide-terms.ts";

/** Cuts of more cost than this are only computed for the events that need them. */
const cheap = 8;
/** The counts of more elements than this would not stay in the cache; then elements are counted event by event. */
const mostElements = 1 << 16;

export function countBeforehand(emitter: Emitter, roots: readonly Term[]): void {
  if (!emitter.sharesEarly) for (const term of reachable(roots)) if (isCountable(emitter, term)) countTerm(emitter, term);
}

/** Whether the term is `collection.filter(f).length` with an `f` that only reads the element. */
function isCountable(emitter: Emitter, { operation, free, args: [filter] }: Term): boolean {
  if (operation !== "length" || free !== 0 || filter.operation !== "filter") return false;
  const [list, lambda] = filter.args;
  const [body] = lambda.args;
  const isOfEvent = () => reachable([body]).some((part) => part.operation === "column");
  return (
    list.operation === "collection" &&
    list.args.length === 0 &&
    isReadWide(emitter, list) &&
    emitter.cost(body) <= cheap &&
    isWide(emitter, body) &&
    !isOfEvent()
  );
}

function countTerm(emitter: Emitter, term: Term): void {
  const { f, keep } = emitter;
  emitter.notes?.counted.add(term);
  const [list, lambda] = term.args[0].args;
  const name = String(list.literal);
  const [from, to] = (["begin", "end"] as const).map((end) => emitter.columns.offset(name, emitter.param(end)));
  const first = f.variable(emitter.stack);
  const isCounted = f.variable(i32(0));
  const count = keep(I.sub(to, from));
  const room = keep(I.shrU(I.sub(emitter.param("scratchEnd"), first), i32(2)));
  emitter.if(I.and(I.ltU(count, i32(mostElements)), I.ltU(I.add(count, i32(1)), room)), () => {
    const next = f.variable(first);
    const sum = f.variable(i32(0));
    setRange(emitter, list, { from, to });
    const source = openList(emitter, list, []);
    emitter.eachTwo(from, to, (index) => {
      let test: Expression = i32(0);
      emitter.columns.inLanes(index, () => {
        test = emitter.test(lambda, [], source.at([index]));
      });
      const [one, other] = [0, 1].map((lane) => (test.type === "v128" ? I.wrapI64(V.int64(test, lane)) : I.sub(i32(0), test)));
      const between = keep(I.sub(sum, one));
      f.store(store.i32, next, sum);
      f.store(store.i32, next, between, 4);
      f.set(sum, I.sub(between, other));
      f.set(next, I.add(next, i32(8)));
    });
    f.store(store.i32, next, sum);
    f.set(emitter.stack, I.add(next, i32(4)));
    f.set(isCounted, i32(1));
  });
  const start = keep(I.sub(first, I.shl(from, i32(2))));
  emitter.provide(term, [], () => {
    const value = f.variable(f64(0));
    const range = emitter.columns.range(name, emitter.event);
    const countAt = (index: Expression) => load.i32(I.add(start, I.shl(index, i32(2))));
    emitter.if(
      isCounted,
      () => f.set(value, F.fromI32(I.sub(countAt(range.to), countAt(range.from)))),
      () => f.set(value, ((emitter.operators.length as ValueOperator).lower(emitter, term, []) as ScalarCode).value),
    );
    return { kind: "number", value };
  });
}
