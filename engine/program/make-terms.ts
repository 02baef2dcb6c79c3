/** Terms that several steps make: fields of records, functions, and maps over lists. */
import { innerList } from "./schema.ts";
import type { Term, Terms } from "./term.ts";
import { isOptional, type RecordType, type Type, withOptional } from "./types.ts";

/** A field that the record's type has. */
export function fieldOf(terms: Terms, record: Term, name: string): Term {
  const type = record.type as RecordType;
  const fieldType = type.fields.get(name)!;
  if (record.operation === "record") return record.args[[...type.fields.keys()].indexOf(name)];
  if (fieldType.kind === "list" && type.origin !== undefined)
    return terms.make("collection", fieldType, [record], innerList(type.origin, name));
  return terms.make("field", withOptional(fieldType, isOptional(fieldType) || type.optional), [record], name);
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
