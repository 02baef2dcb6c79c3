/**
 * Terms for choosing one of two values by a test, and for joining two lists. Of records, only the fields that both have remain. Each number, boolean
 * and string is chosen by itself, so only those that are used are computed. Choosing one of two lists joins both, with the other one made empty.
 */
import { ExpressionError } from "../expression/tree.ts";
import { emptyUnless, fieldOf, isPresent, lambdaOf, mapOver, memberOf, recordOf, tupleOf, whereTrue } from "../program/make-terms.ts";
import type { Term } from "../program/term.ts";
import {
  boolean,
  describeType,
  eitherOf,
  isOptional,
  isScalar,
  type ListType,
  type RecordType,
  type TupleType,
  type Type,
  withOptional,
} from "../program/types.ts";
import type { Checker } from "./checker.ts";
import { commonFields, commonValues, eitherName, identifiedAs, unionOf } from "./records.ts";

export interface ChoicePlace {
  /** The subject and verb of error messages, such as "concat puts". */
  readonly who: string;
  readonly offset: number;
  readonly checker: Checker;
}

/** One of two values, which must be of one kind. */
export function chooseValue(test: Term, yes: Term, no: Term, place: ChoicePlace): Term {
  switch (yes.type.kind) {
    case "record":
      return chooseRecord(test, yes, no, place);
    case "list":
      return chooseList(test, yes, no, place);
    case "tuple":
      return chooseTuple(test, yes, no, place);
    default: {
      const optional = isOptional(yes.type) || isOptional(no.type);
      return place.checker.terms.make("conditional", withOptional(eitherOf(yes.type, no.type), optional), [test, yes, no]);
    }
  }
}

function chooseRecord(test: Term, yes: Term, no: Term, place: ChoicePlace): Term {
  const { checker } = place;
  const [a, b] = [yes.type as RecordType, no.type as RecordType];
  const values = commonValues(yes, no, place.offset, checker).map(([name, ...both]) => [name, chooseValue(test, ...both, place)] as const);
  const chosen = [...values, ...commonLists(test, yes, no, place)];
  const fields = new Map<string, Type>(chosen.map(([name, term]) => [name, term.type]));
  const optional = isOptional(a) || isOptional(b);
  const type: RecordType = { kind: "record", name: a.name === b.name ? a.name : "chosen", fields, optional };
  const isThere = optional ? [isThereOf(test, yes, no, checker)] : [];
  const record = recordOf(checker.terms, type, [...chosen.map(([, term]) => term), ...isThere]);
  const identity = unionOf(a.identity, b.identity);
  return identity ? identifiedAs(record, identity, checker, [test, yes, no]) : record;
}

/** The fields that are lists in both records and whose elements have something in common. */
function commonLists(test: Term, yes: Term, no: Term, place: ChoicePlace): readonly (readonly [string, Term])[] {
  const { terms } = place.checker;
  const [a, b] = [yes.type as RecordType, no.type as RecordType];
  return [...a.fields].flatMap(([name, { kind }]) => {
    if (kind !== "list" || b.fields.get(name)?.kind !== "list") return [];
    try {
      return [[name, chooseList(test, fieldOf(terms, yes, name), fieldOf(terms, no, name), place)] as const];
    } catch (error) {
      if (error instanceof ExpressionError) return [];
      throw error;
    }
  });
}

function chooseTuple(test: Term, yes: Term, no: Term, place: ChoicePlace): Term {
  const { terms } = place.checker;
  const members = pairMembers(yes, no, place).map(([one, other]) => chooseValue(test, one, other, place));
  return tupleOf(terms, members, isOptional(yes.type) || isOptional(no.type) ? isThereOf(test, yes, no, place.checker) : undefined);
}

/** The members of two tuples, side by side. */
function pairMembers(one: Term, other: Term, { offset, checker: { terms } }: ChoicePlace): readonly (readonly [Term, Term])[] {
  const [a, b] = [one.type as TupleType, other.type as TupleType];
  const isAlike = a.members.length === b.members.length && a.members.every(({ kind }, index) => kind === b.members[index]!.kind);
  if (!isAlike)
    throw new ExpressionError(`these are ${describeType(a)} and ${describeType(b)}, whose members are not of the same kinds`, offset);
  return a.members.map((_, index) => [memberOf(terms, one, index), memberOf(terms, other, index)]);
}

const isThereOf = (test: Term, yes: Term, no: Term, { terms }: Checker): Term =>
  terms.make("conditional", boolean, [test, isPresent(terms, yes), isPresent(terms, no)]);

/** One of two lists, as the join of both with the one that is not chosen made empty. */
function chooseList(test: Term, yes: Term, no: Term, place: ChoicePlace): Term {
  const { checker } = place;
  const { terms } = checker;
  const never = terms.make("boolean", boolean, [], false);
  const isTrue = isOptional(test.type) ? terms.make("conditional", boolean, [test, test, never]) : test;
  const sides = [emptyUnless(terms, yes, test), emptyUnless(terms, no, terms.make("not", boolean, [isTrue]))] as const;
  const both = joinLists(...sides, place);
  return isOptional(yes.type) || isOptional(no.type) ? whereTrue(terms, both, isThereOf(test, yes, no, checker)) : both;
}

/** The elements of one list, then those of the other; neither list may be missing. */
export function joinLists(list: Term, other: Term, place: ChoicePlace): Term {
  const [a, b] = withCommonFields(list, other, place);
  const element = eitherElement((a.type as ListType).element, (b.type as ListType).element);
  return place.checker.terms.make("concat", { kind: "list", element }, [a, b]);
}

/** Both lists, with their elements mapped to the fields that both have. */
function withCommonFields(list: Term, other: Term, place: ChoicePlace): readonly [Term, Term] {
  const { who, offset, checker } = place;
  const [a, b] = [list, other].map(({ type }) => (type as ListType).element);
  if (a.kind === b.kind && isScalar(a)) return [list, other];
  if (a.kind !== b.kind || a.kind === "list") {
    const puts = `${who} lists of numbers, of booleans, of strings, of records or of tuples together`;
    const advice = a.kind === "list" && b.kind === "list" ? ": make one list of each before, by flatMap(x => x)" : "";
    throw new ExpressionError(`${puts}, but these are ${describeType(list.type)} and ${describeType(other.type)}${advice}`, offset);
  }
  const { terms, level } = checker;
  const [one, another] = [a, b].map((type) => terms.make("param", type, [], level));
  const common = commonParts(one, another, place);
  return [mapOver(terms, list, lambdaOf(terms, common[0], level)), mapOver(terms, other, lambdaOf(terms, common[1], level))];
}

/** Two records reduced to the fields that both have; two tuples, with this done to each member. */
function commonParts(one: Term, other: Term, place: ChoicePlace): readonly [Term, Term] {
  const { terms } = place.checker;
  if (one.type.kind === "record") return commonFields(one, other, place.offset, place.checker);
  if (isScalar(one.type)) return [one, other];
  if (one.type.kind === "list") {
    const message = `${place.who} no tuples of lists together: take what is needed of the lists before, such as map((a, b) => a.length + b.length)`;
    throw new ExpressionError(message, place.offset);
  }
  const members = pairMembers(one, other, place).map((both) => commonParts(...both, place));
  const [a, b] = ([one, other] as const).map((tuple, side) =>
    tupleOf(
      terms,
      members.map((both) => both[side]!),
      isOptional(tuple.type) ? isPresent(terms, tuple) : undefined,
    ),
  );
  return [a!, b!];
}

/** The type of the elements of the joined list. */
function eitherElement(a: Type, b: Type): Type {
  const optional = isOptional(a) || isOptional(b);
  if (a.kind === "tuple" && b.kind === "tuple")
    return { kind: "tuple", members: a.members.map((member, index) => eitherElement(member, b.members[index]!)), optional };
  if (a.kind !== "record" || b.kind !== "record") return withOptional(eitherOf(a, b), optional);
  const { identity: _own, ...rest } = a;
  const fields = new Map([...a.fields].map(([name, type]) => [name, eitherElement(type, b.fields.get(name)!)]));
  const identity = unionOf(a.identity, b.identity);
  return { ...rest, name: eitherName(a.name, b.name), fields, optional, ...(identity && { identity }) };
}
