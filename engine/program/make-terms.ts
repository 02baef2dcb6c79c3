/** Makes the terms that several steps need: fields of records, tuples, functions, and maps over lists. */
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

/** A tuple. `isThere` tests whether it is present; without it, the tuple is never missing. */
export const tupleOf = (terms: Terms, members: readonly Term[], isThere?: Term): Term =>
  terms.make("tuple", { kind: "tuple", members: members.map(({ type }) => type), optional: isThere !== undefined }, [
    ...members,
    ...(isThere ? [isThere] : []),
  ]);

/** A member of a tuple; it is missing if the tuple is. */
export function memberOf(terms: Terms, tuple: Term, place: number): Term {
  const { members, optional } = tuple.type as TupleType;
  if (tuple.operation === "tuple") return tuple.args[place]!;
  const type = members[place]!;
  return terms.make("member", withOptional(type, isOptional(type) || optional), [tuple], place);
}

export const isPresent = (terms: Terms, value: Term): Term => terms.make("is-present", boolean, [value]);

/** The value if the test is true, else missing. A missing list is also empty. */
export const whereTrue = (terms: Terms, value: Term, test: Term): Term =>
  terms.make("where", withOptional(value.type, true), [value, test]);

/** The list if the test is true, else an empty list. */
export const emptyUnless = (terms: Terms, list: Term, test: Term): Term =>
  terms.make("where", withOptional(list.type, false), [list, test], "empty");

/** Tests that a list is present, and that no list of the file from which it is made is null. */
export const isNotNull = (terms: Terms, list: Term): Term => terms.make("not-null", boolean, [list]);

/** Whether the list is made by joining others, so that it may have elements although one of them is null. */
const isPutTogether = (list: Term): boolean => reachable([list]).some(({ operation }) => operation === "concat");

/** Makes a term from a list; the result is missing if the list is missing and, with `isAsked`, if it is null in the file. A missing list has no elements. */
export function overList(terms: Terms, list: Term, make: (list: ListTerm) => Term, { isAsked = false } = {}): Term {
  const made = make(list as ListTerm);
  if (isAsked) {
    const test = isNotNull(terms, list);
    return whereTrue(terms, made.type.kind === "list" && isPutTogether(list) ? emptyUnless(terms, made, test) : made, test);
  }
  return isOptional(list.type) ? whereTrue(terms, made, isPresent(terms, list)) : made;
}

/** A record of these fields. Their names are part of the term, since they decide which value is which. */
export const recordOf = (terms: Terms, type: RecordType, args: readonly Term[]): Term =>
  terms.make("record", type, args, JSON.stringify([type.name, ...type.fields.keys()]));

/** `parameter of this level => body`. */
export const lambdaOf = (terms: Terms, body: Term, level: number): Term => terms.make("lambda", body.type, [body], level);

export const mapOver = (terms: Terms, list: Term, lambda: Term): Term =>
  terms.make("map", { kind: "list", element: lambda.type }, [list, lambda]);

/** The type of a result that is missing if any argument is. */
export const typeOver = (args: readonly Term[], result: Type): Type =>
  withOptional(
    result,
    args.some(({ type }) => isOptional(type)),
  );
