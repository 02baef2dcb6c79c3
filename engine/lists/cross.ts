/** `list.cross(other)`: every element of one list with every element of another, as pairs, in the order of the first list, then of the second. */
import { listArgument, missingWith } from "../check/method-call.ts";
import { tuple } from "../compile/code.ts";
import { openList, uncounted } from "../compile/open-list.ts";
import { ExpressionError } from "../expression/tree.ts";
import { type Expression, I, i64, L } from "../wasm/instructions.ts";
import type { ListOperator } from "./list-operator.ts";

/** Up to this many elements in each list, the number of pairs fits in 63 bits. */
const mostElements = 2n ** 31n;

export const cross: ListOperator = {
  kind: "list",
  cost: 40,
  isSearch: false,
  method(methodCall) {
    const { list, call, checker } = methodCall;
    const other = listArgument(methodCall, 0);
    missingWith(methodCall, other);
    if (call.args.length > 1) throw new ExpressionError("cross takes one list", call.args[1].start);
    const members = [list.type.element, other.type.element];
    return checker.terms.make("cross", { kind: "list", element: { kind: "tuple", members, optional: false } }, [list, other]);
  },
  open(emitter, term, environment) {
    const { f } = emitter;
    const [first, second] = term.args.map((list) => openList(emitter, list, environment));
    const product = (a: Expression, b: Expression): Expression => {
      const most = i64(mostElements);
      f.if(I.or(L.gtU(a, most), L.gtU(b, most)), () => emitter.trap("scratch"));
      return emitter.keep(L.mul(a, b));
    };
    return {
      places: 2,
      knowsPositions: false,
      takesScratch: false,
      iterate(body) {
        const [outer, inner] = [first.numbered(), second.numbered()];
        const next = f.variable(i64(0n));
        emitter.loop(outer.from, outer.to, (one) => {
          const member = outer.at(one);
          emitter.loop(inner.from, inner.to, (other) => {
            const position = f.variable(next);
            f.set(next, L.add(next, i64(1n)));
            body(tuple([member, inner.at(other)], { position: () => position, place: emitter.newKey() }), [one, other]);
          });
        });
      },
      at: ([one, other], isThere) =>
        tuple([first.numbered().at(one, isThere), second.numbered().at(other, isThere)], { position: uncounted, place: emitter.newKey() }),
      length: () => product(first.length(), second.length()),
      bound() {
        // Computed here, so that the numbered lists that `iterate` needs are made outside of its loop.
        const [a, b] = [first, second].map((each) => {
          const { from, to } = each.numbered();
          return L.fromU32(I.sub(to, from));
        });
        return product(a, b);
      },
    };
  },
};
