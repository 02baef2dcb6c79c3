/**
 * `list.concat(other)`: the elements of one list, then those of another. Records keep the fields that both have, and stay the elements that they are.
 * Elements are numbered through both lists.
 */
import type { Checker } from "../check/checker.ts";
import { listArgument } from "../check/method-call.ts";
import { commonFields, eitherName, unionOf } from "../check/records.ts";
import { type Code, type Element, type Identity, type RecordCode, type ScalarCode, scalarVariable } from "../compile/code.ts";
import type { Emitter } from "../compile/emitter.ts";
import type { Numbered } from "../compile/list.ts";
import { openList } from "../compile/open-list.ts";
import { ExpressionError } from "../expression/tree.ts";
import { emptyUnless, isPresent, lambdaOf, mapOver, whereTrue } from "../program/make-terms.ts";
import type { Term } from "../program/term.ts";
import { boolean, describeType, eitherOf, isOptional, isScalar, type ListType, type Type, withOptional } from "../program/types.ts";
import { type Expression, I, i32, L, select } from "../wasm/instructions.ts";
import type { ListOperator } from "./list-operator.ts";

export const concat: ListOperator = {
  kind: "list",
  cost: 4,
  isSearch: false,
  method(methodCall) {
    const { list, call, checker } = methodCall;
    const other = listArgument(methodCall, 0);
    if (call.args.length > 1) throw new ExpressionError("concat takes one list", call.args[1].start);
    return joined(list, other, { who: "concat", offset: call.nameStart, checker });
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

interface Place {
  readonly who: string;
  readonly offset: number;
  readonly checker: Checker;
}

/** The elements of two lists that are there. */
function joined(list: Term, other: Term, place: Place): Term {
  const [a, b] = withCommonFields(list, other, place);
  const element = eitherElement((a.type as ListType).element, (b.type as ListType).element);
  return place.checker.terms.make("concat", { kind: "list", element }, [a, b]);
}

/** One of two lists: both together, of which one is empty. */
export function chooseList(test: Term, yes: Term, no: Term, offset: number, checker: Checker): Term {
  const { terms } = checker;
  const isFalse = terms.make("not", boolean, [
    isOptional(test.type) ? terms.make("conditional", boolean, [test, test, falsehood(checker)]) : test,
  ]);
  const sides = [emptyUnless(terms, yes, test), emptyUnless(terms, no, isFalse)] as const;
  const both = joined(...sides, { who: "'? :' and '??'", offset, checker });
  if (!isOptional(yes.type) && !isOptional(no.type)) return both;
  return whereTrue(terms, both, terms.make("conditional", boolean, [test, isPresent(terms, yes), isPresent(terms, no)]));
}

const falsehood = ({ terms }: Checker): Term => terms.make("boolean", boolean, [], false);

/** Both lists, of records mapped to what both have. */
function withCommonFields(list: Term, other: Term, { who, offset, checker }: Place): readonly [Term, Term] {
  const [a, b] = [list, other].map(({ type }) => (type as ListType).element);
  if (a.kind === b.kind && isScalar(a)) return [list, other];
  if (a.kind !== "record" || b.kind !== "record") {
    const puts = `${who} ${who === "concat" ? "puts" : "put"} lists of numbers, of booleans, of strings or of records together`;
    throw new ExpressionError(`${puts}, but these are ${describeType(list.type)} and ${describeType(other.type)}`, offset);
  }
  const { terms, level } = checker;
  const params = [a, b].map((type) => terms.make("param", type, [], level));
  const [one, another] = commonFields(params[0], params[1], offset, checker);
  return [mapOver(terms, list, lambdaOf(terms, one, level)), mapOver(terms, other, lambdaOf(terms, another, level))];
}

/** The type of an element of one list or of the other. */
function eitherElement(a: Type, b: Type): Type {
  const optional = isOptional(a) || isOptional(b);
  if (a.kind !== "record" || b.kind !== "record") return withOptional(eitherOf(a, b), optional);
  const { identity: _own, ...rest } = a;
  const fields = new Map([...a.fields].map(([name, type]) => [name, eitherElement(type, b.fields.get(name)!)]));
  const identity = unionOf(a.identity, b.identity);
  return { ...rest, name: eitherName(a.name, b.name), fields, optional, ...(identity && { identity }) };
}

/** Elements by number, from 0: those of the first list first. */
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
  const code = (): Code => {
    if (type.kind !== "record") return value("", type, (element) => element.code() as ScalarCode);
    const record = (element: Element) => element.code() as RecordCode;
    const present =
      type.optional &&
      value("present", { kind: "boolean", optional: false }, (element) => ({ kind: "boolean", value: record(element).present ?? i32(1) }));
    return {
      kind: "record",
      get: (field) => value(`.${field}`, type.fields.get(field)!, (element) => record(element).get(field) as ScalarCode),
      ...(present && { present: present.value }),
      ...(type.identity && { identity: () => chooseIdentity(isFirst, record(one), record(another)) }),
    };
  };
  const identity = one.identity && another.identity && (() => chooseIdentity(isFirst, one, another));
  return { key, code, position: () => L.fromU32(handle), place: key, ...(identity && { identity }) };
}

function chooseIdentity(isFirst: Expression, one: { identity?(): Identity }, another: { identity?(): Identity }): Identity {
  const [a, b] = [one.identity!(), another.identity!()];
  return { origin: select(isFirst, a.origin, b.origin), index: select(isFirst, a.index, b.index) };
}

/** Only the one that is asked for is computed. */
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
