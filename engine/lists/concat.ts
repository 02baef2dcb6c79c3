/**
 * `list.concat(other, …)`: the elements of one list, then those of the others. Records keep the fields that both lists have, and their identity.
 * Positions count through both lists.
 */
import { joinLists } from "../check/choose.ts";
import { listArgument, missingWith } from "../check/method-call.ts";
import {
  type Code,
  type Element,
  type Identity,
  type RecordCode,
  type ScalarCode,
  scalarVariable,
  type TupleCode,
} from "../compile/code.ts";
import type { Emitter } from "../compile/emitter.ts";
import type { Numbered } from "../compile/list.ts";
import { openList } from "../compile/open-list.ts";
import type { Term } from "../program/term.ts";
import type { ListType, Type } from "../program/types.ts";
import { type Expression, I, i32, L, select } from "../wasm/instructions.ts";
import type { ListOperator } from "./list-operator.ts";

export const concat: ListOperator = {
  kind: "list",
  cost: 4,
  isSearch: false,
  method(methodCall) {
    const { list, call, checker } = methodCall;
    const others = (call.args.length > 0 ? call.args : [undefined]).map((_, place) => listArgument(methodCall, place));
    for (const each of [list, ...others]) missingWith(methodCall, each);
    return others.reduce((whole: Term, other) => joinLists(whole, other, { who: "concat puts", offset: call.nameStart, checker }), list);
  },
  open(emitter, term, environment) {
    const lists = term.args.map((list) => openList(emitter, list, environment));
    const numbered = () => join(emitter, term, lists.map((list) => list.numbered()) as [Numbered, Numbered]);
    const sum = ([a, b]: readonly Expression[]) => emitter.keep(L.add(a, b));
    return {
      places: 1,
      knowsPositions: true,
      takesScratch: false,
      iterate(body) {
        const { from, to, at, runs = [] } = numbered();
        if (emitter.sharesEarly) emitter.loop(from, to, (handle) => body(at(handle), [handle]));
        else
          for (const { list, shift } of runs) {
            emitter.loop(list.from, list.to, (handle) => {
              const whole = emitter.keep(I.add(handle, shift));
              body({ ...list.at(handle), position: () => emitter.keep(L.fromU32(whole)), place: emitter.newKey() }, [whole]);
            });
          }
      },
      at: ([handle], isThere) => numbered().at(handle, isThere),
      length: () => sum(lists.map((list) => list.length())),
      bound: () => {
        const { to } = numbered();
        return emitter.keep(L.fromU32(to));
      },
      numbered,
    };
  },
};

/** Two lists as one whose elements are numbered from 0, first those of the first list. */
function join(emitter: Emitter, term: Term, [a, b]: readonly [Numbered, Numbered]): Numbered {
  const type = (term.type as ListType).element;
  const count = emitter.keep(I.sub(a.to, a.from));
  const all = emitter.keep(I.add(count, I.sub(b.to, b.from)));
  return {
    from: i32(0),
    to: all,
    runs: [
      { list: a, shift: emitter.keep(I.sub(i32(0), a.from)), term: term.args[0] },
      { list: b, shift: emitter.keep(I.sub(count, b.from)), term: term.args[1] },
    ],
    at(handle, isThere) {
      const isFirst = emitter.keep(I.ltU(handle, count));
      const other = emitter.keep(I.eqz(isFirst));
      const [inA, inB] = [isFirst, other].map((own) => (isThere ? emitter.keep(I.and(own, isThere)) : own));
      const one = a.at(emitter.keep(I.add(a.from, select(isFirst, handle, i32(0)))), inA);
      const another = b.at(emitter.keep(I.add(b.from, select(isFirst, i32(0), I.sub(handle, count)))), inB);
      return oneOfTwo(emitter, { isFirst, one, another, handle, type });
    },
  };
}

interface Either {
  readonly isFirst: Expression;
  readonly one: Element;
  readonly another: Element;
  readonly handle: Expression;
  readonly type: Type;
}

function oneOfTwo(emitter: Emitter, { isFirst, one, another, handle, type }: Either): Element {
  const key = emitter.newKey();
  const value = (name: string, of: Type, read: (element: Element) => ScalarCode): ScalarCode =>
    emitter.once(`${key}.${name}`, () => chooseScalar(emitter, isFirst, of, [() => read(one), () => read(another)]));
  const codeOf = (path: string, of: Type, read: (element: Element) => Code): Code => {
    if (of.kind !== "record" && of.kind !== "tuple") return value(path, of, (element) => read(element) as ScalarCode);
    const isThere = (element: Element): ScalarCode => ({ kind: "boolean", value: read(element).present ?? i32(1) });
    const present = of.optional && { present: value(`${path} present`, { kind: "boolean", optional: false }, isThere).value };
    if (of.kind === "tuple") {
      const memberOf = (index: number) => (element: Element) => (read(element) as TupleCode).members[index];
      return { kind: "tuple", members: of.members.map((each, index) => codeOf(`${path}[${index}]`, each, memberOf(index))), ...present };
    }
    const record = (element: Element) => read(element) as RecordCode;
    return {
      kind: "record",
      get: (field) => codeOf(`${path}.${field}`, of.fields.get(field)!, (element) => record(element).get(field)),
      ...present,
      ...(of.identity && { identity: () => chooseIdentity(isFirst, record(one), record(another)) }),
    };
  };
  const code = () => codeOf("", type, (element) => element.code());
  const identity = one.identity && another.identity && (() => chooseIdentity(isFirst, one, another));
  return { key, code, position: () => L.fromU32(handle), place: key, ...(identity && { identity }) };
}

function chooseIdentity(isFirst: Expression, one: { identity?(): Identity }, another: { identity?(): Identity }): Identity {
  const [a, b] = [one.identity!(), another.identity!()];
  return { origin: select(isFirst, a.origin, b.origin), index: select(isFirst, a.index, b.index) };
}

/** One of two values; only the chosen one is computed. */
function chooseScalar(
  emitter: Emitter,
  test: Expression,
  type: Type,
  [yes, no]: readonly [() => ScalarCode, () => ScalarCode],
): ScalarCode {
  const chosen = scalarVariable(emitter.f, type);
  emitter.if(
    test,
    () => chosen.set(yes()),
    () => chosen.set(no()),
  );
  return chosen.code;
}
