/** Names of a dataset as expressions see them: collections, records, plain columns, in that order of look-up after defines. */

import { type Column, innermost, type Schema } from "../program/schema.ts";
import type { Term, Terms } from "../program/term.ts";
import { boolean, number, type Type, withOptional } from "../program/types.ts";
import { nearNames } from "../query/near-names.ts";

export interface DatasetScope {
  /** The meaning of a bare name: a collection, a record of scalars, a column, a constant. */
  lookUp(name: string): Term | undefined;
  /** All names that `lookUp` knows. */
  readonly names: readonly string[];
  /** Why a name that the file has cannot be used. */
  unsupported(name: string): string | undefined;
  near(name: string, more: Iterable<string>): readonly string[];
}

const constants: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E };

export function openScope(schema: Schema, terms: Terms): DatasetScope {
  const byName = new Map(schema.columns.map((column) => [column.name, column]));
  const lists = group(
    schema.columns.filter((column) => column.lists.length > 0 && column.member),
    (column) => innermost(column)!,
  );
  const records = group(
    schema.columns.filter((column) => column.lists.length === 0 && column.member),
    (column) => column.member!.record,
  );
  const collectionTerm = (collection: string, element: Type) => terms.make("collection", { kind: "list", element }, [], collection);

  const recordOf = (name: string, columns: readonly Column[]): Type => ({
    kind: "record",
    name,
    ...(columns[0]?.lists.length > 0 && { origin: name }),
    fields: new Map(columns.map((column) => [column.member!.field, valueType(column)])),
    optional: false,
  });

  function listColumn(column: Column): Term {
    const name = innermost(column)!;
    const fields = lists.get(name);
    if (!fields) return collectionTerm(name, valueType(column));
    const list = collectionTerm(name, recordOf(name, fields));
    const element = (list.type as Extract<Type, { kind: "list" }>).element;
    const body = terms.make("field", valueType(column), [terms.make("param", element, [], 0)], column.member!.field);
    return terms.make("map", { kind: "list", element: valueType(column) }, [list, body], 0);
  }

  function lookUp(name: string): Term | undefined {
    const column = byName.get(name);
    if (column) return column.lists.length === 0 ? terms.make("column", valueType(column), [], name) : listColumn(column);
    const collection = lists.get(name);
    if (collection) return collectionTerm(name, recordOf(name, collection));
    const record = records.get(name);
    if (record) {
      return terms.make(
        "record",
        recordOf(name, record),
        record.map((each) => terms.make("column", valueType(each), [], each.name)),
        name,
      );
    }
    return Object.hasOwn(constants, name) ? terms.make("number", number, [], constants[name]) : undefined;
  }

  const names = [...byName.keys(), ...lists.keys(), ...records.keys(), ...Object.keys(constants)];
  return {
    lookUp,
    names,
    unsupported: (name) => schema.unsupported.find((column) => column.name === name)?.reason,
    near: (name, more) => nearNames(name, [...more, ...names]),
  };
}

export const valueType = (column: Column): Type => withOptional(column.dtype === "bool" ? boolean : number, column.nullable);

function group(columns: readonly Column[], key: (column: Column) => string): ReadonlyMap<string, readonly Column[]> {
  const groups = new Map<string, Column[]>();
  for (const column of columns) {
    const same = groups.get(key(column));
    if (same) same.push(column);
    else groups.set(key(column), [column]);
  }
  return groups;
}
