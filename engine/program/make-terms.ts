/** Terms that several steps make: fields of records, functions, and maps over lists. */
import { innerList } from "./schema.ts";
import { reachable, type Term, type Terms } from "./term.ts";
import { boolean, isOptional, type ListType, type RecordType, type TupleType, type Type, withOptional } from "./types.ts";

export type ListTerm = Term & { readonly type: ListType };

/** A field that the record's type has. */
export function fieldOf(terms: Terms, record: Term, name: string): Term {
  const type = record.type as RecordType;
  const fieldType = type.fields.get(name)!;
  if (record.operation === "record") return record.args[[...type.fields.keys()].indexOf(name)];
  if (fieldType.kind === "list" && type.origin !== undefined) {
    const list = terms.make("collection", fieldType, [record], innerList(type.origin, name));
    return type.optional ? whereTrue(terms, list, isPresent(terms, record)) : list;
  }
  return terms.make("field", withOptional(fieldType, isOptional(fieldType) || type.optional), [record], name);
}

/** `isThere`: a test, where it may be missing. */
export const tupleOf = (terms: Terms, members: readonly Term[], isThere?: Term): Term =>
  terms.make("tuple", { kind: "tuple", members: members.map(({ type }) => type), optional: isThere !== undefined }, [
    ...members,
    ...(isThere ? [isThere] : []),
  ]);

/** A member that the tuple has, missing with it. */
export function memberOf(terms: Terms, tuple: Term, place: number): Term {
  const { members, optional } = tuple.type as TupleType;
  if (tuple.operation === "tuple") return tuple.args[place]!;
  const type = members[place]!;
  return terms.make("member", withOptional(type, isOptional(type) || optional), [tuple], place);
}

export const isPresent = (terms: Terms, value: Term): Term => terms.make("is-present", boolean, [value]);

/** A value, missing but where a test is true. A list is empty then, too. */
export const whereTrue = (terms: Terms, value: Term, test: Term): Term =>
  terms.make("where", withOptional(value.type, true), [value, test]);

/** A list but where a test is not true: there it is empty. */
export const emptyUnless = (terms: Terms, list: Term, test: Term): Term =>
  terms.make("where", withOptional(list.type, false), [list, test], "empty");

/** Whether a list is there, and no list of the file that it is made of is null. */
export const isNotNull = (terms: Terms, list: Term): Term => terms.make("not-null", boolean, [list]);

/** It may have elements although a list that it is made of is null. */
const isPutTogether = (list: Term): boolean => reachable([list]).some(({ operation }) => operation === "concat");

/** What is made of a list that may be missing, and has no elements then, is missing with it; `isAsked`: also where it is null in the file. */
export function overList(terms: Terms, list: Term, make: (list: ListTerm) => Term, { isAsked = false } = {}): Term {
  const made = make(list as ListTerm);
  if (isAsked) {
    const test = isNotNull(terms, list);
    return whereTrue(terms, made.type.kind === "list" && isPutTogether(list) ? emptyUnless(terms, made, test) : made, test);
  }
  return isOptional(list.type) ? whereTrue(terms, made, isPresent(terms, list)) : made;
}

/** A record of these fields. Their names are part of the term: which of its values is which decides what is computed of it. */
export const recordOf = (terms: Terms, type: RecordType, args: readonly Term[]): Term =>
  terms.make("record", type, args, JSON.stringify([type.name, ...type.fields.keys()]));

/** `parameter of this level => body`. */
export const lambdaOf = (terms: Terms, body: Term, level: number): Term => terms.make("lambda", body.type, [body], level);

export const mapOver = (terms: Terms, list: Term, lambda: Term): Term =>
  terms.make("map", { kind: "list", element: lambda.type }, [list, lambda]);

/** The type of what is missing wherever an argument is. */
export const typeOver = (args: readonly Term[], result: Type): Type =>
  withOptional(
    result,
    args.some(({ type }) => isOptional(type)),
  );
