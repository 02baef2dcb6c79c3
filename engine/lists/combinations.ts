/**
 * `list.combinations(k)`: every choice of k elements, once, as a tuple. Members are in the order of the list; tuples are ordered by their first
 * members, then their second ones. `pairs()` and `triples()` mean k = 2 and k = 3.
 */
import { type MethodCall, oneArgument } from "../check/method-call.ts";
import { type BodyOfTwo, type Element, type FunctionOver, tuple } from "../compile/code.ts";
import type { Emitter } from "../compile/emitter.ts";
import { keyOf } from "../compile/key-of.ts";
import type { Numbered } from "../compile/list.ts";
import { openList, uncounted } from "../compile/open-list.ts";
import { hoistMembers, tabulate } from "../compile/tables/member-tables.ts";
import { isWide } from "../compile/tables/wide-terms.ts";
import { ExpressionError } from "../expression/tree.ts";
import type { Term } from "../program/term.ts";
import { type Expression, I, i32, i64, L } from "../wasm/instructions.ts";
import type { ListOperator } from "./list-operator.ts";

const mostMembers = 8;

/** Up to this many elements, n (n − 1) … fits in 63 bits. */
const mostElements = (size: number): bigint => BigInt(Math.floor(2 ** (63 / size)));

/** The number of combinations, n (n − 1) … / size!, as i64. */
function count(emitter: Emitter, n: Expression, size: number, onTooMany = () => emitter.trap("scratch")): Expression {
  emitter.f.if(L.gtU(n, i64(mostElements(size))), onTooMany);
  let product = n;
  let factorial = 1n;
  for (let taken = 1; taken < size; taken++) {
    product = L.mul(product, L.sub(n, i64(BigInt(taken))));
    factorial *= BigInt(taken + 1);
  }
  return emitter.keep(L.divU(product, i64(factorial)));
}

/** Up to this many combinations of one list cost no steps, unless the list stands inside a loop over another. */
const uncountedCombinations = 1024;

/** The most elements that have at most that many combinations. */
function mostUncounted(size: number): number {
  const combinationsOf = (n: number) => Array.from({ length: size }, (_, taken) => (n - taken) / (taken + 1)).reduce((a, b) => a * b);
  let n = size;
  while (combinationsOf(n + 1) <= uncountedCombinations) n++;
  return n;
}

/** Charges the steps of all combinations at once, before the first. */
function takeSteps(emitter: Emitter, { from, to }: Pick<Numbered, "from" | "to">, size: number): void {
  const n = emitter.keep(L.fromU32(I.sub(to, from)));
  const take = () => emitter.takeSteps(count(emitter, n, size, () => emitter.takeSteps(i64(2n ** 62n))));
  if (emitter.isInLoop) take();
  else emitter.if(L.gtU(n, i64(BigInt(mostUncounted(size)))), take);
}

/** The list of every `size` elements of a method's list. */
export function combinationsTerm({ list, checker }: MethodCall, size: number): Term {
  const { element } = list.type;
  const members = Array.from({ length: size }, () => element);
  return checker.terms.make("combinations", { kind: "list", element: { kind: "tuple", members, optional: false } }, [list], size);
}

export const combinations: ListOperator = {
  kind: "list",
  cost: 40,
  isSearch: false,
  method(methodCall) {
    const argument = oneArgument(methodCall);
    const size = argument.kind === "number" ? argument.value : 0;
    if (!Number.isInteger(size) || size < 1 || size > mostMembers) {
      const message = `combinations takes how many elements to choose, a whole number from 1 to ${mostMembers} such as combinations(2)`;
      throw new ExpressionError(message, argument.start);
    }
    return combinationsTerm(methodCall, size);
  },
  open(emitter, term, environment) {
    const { f } = emitter;
    const size = Number(term.literal);
    const source = openList(emitter, term.args[0], environment);
    const key = emitter.newKey();
    const tablesFor = (functions: readonly FunctionOver[], { isFilledBefore = false } = {}) => {
      const uses = functions.map(({ lambda, environment: outer, isConditional }) => `${keyOf(lambda, outer)} ${isConditional}`);
      return emitter.once(`tables ${key} ${isFilledBefore} ${uses}`, () =>
        tabulate(emitter, functions, { list: source.numbered(), term: term.args[0], size, isFilledBefore }),
      );
    };
    return {
      places: size,
      knowsPositions: false,
      takesScratch: false,
      iterate(body, functions = [], ofTwo = undefined) {
        const list = source.numbered();
        const isWideLoop =
          ofTwo && !emitter.sharesEarly && list.isContent && functions.every(({ lambda }) => isWide(emitter, lambda.args[0]));
        if (isWideLoop) emitter.notes?.wide.add(term);
        takeSteps(emitter, list, size);
        const tables = tablesFor(functions, { isFilledBefore: isWideLoop });
        const next = f.variable(i64(0n));
        const choose = (from: Expression, place: readonly Expression[], members: readonly Element[]): void => {
          if (isWideLoop && members.length === size - 1) chooseTwo(from, place, members, ofTwo);
          else
            emitter.loop(
              from,
              list.to,
              (handle) => {
                const chosen = [...members, list.at(handle)];
                tables.choose(chosen, handle);
                if (chosen.length < size) {
                  hoistMembers(emitter, functions, chosen);
                  choose(emitter.keep(I.add(handle, i32(1))), [...place, handle], chosen);
                  return;
                }
                const position = f.variable(next);
                f.set(next, L.add(next, i64(1n)));
                body(tuple(chosen, { position: () => position, place: emitter.newKey() }), [...place, handle]);
              },
              { isCounted: true },
            );
        };
        const chooseTwo = (from: Expression, place: readonly Expression[], members: readonly Element[], write: BodyOfTwo): void => {
          if (size === 2) emitter.heedFlags();
          emitter.eachTwo(from, list.to, (handle) => {
            const chosen = [...members, list.at(handle)];
            tables.choose(chosen, handle);
            const second = emitter.keep(I.add(handle, i32(1)));
            write({
              element: tuple(chosen, { position: uncounted, place: emitter.newKey() }),
              places: [handle, second].map((last) => [...place, last]),
              hasSecond: I.lt(second, list.to),
              inLanes: (compute) => emitter.columns.inLanes(handle, compute),
            });
          });
        };
        choose(list.from, [], []);
      },
      at(place, isThere) {
        const list = source.numbered();
        return tuple(
          place.map((handle) => list.at(handle, isThere)),
          { position: uncounted, place: emitter.newKey() },
        );
      },
      length: () => count(emitter, source.length(), size),
      bound(functions = []) {
        // Computed here, so that the numbered list and the tables that `iterate` needs are made outside of its loop.
        const { from, to } = source.numbered();
        tablesFor(functions);
        return count(emitter, L.fromU32(I.sub(to, from)), size);
      },
    };
  },
};
