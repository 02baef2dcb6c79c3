/** The names of a dataset in expressions. After defines they are looked up in this order: columns by full name, lists, records, constants. */

import { fieldOf, lambdaOf, mapOver, recordOf } from "../program/make-terms.ts";
import { type Column, elementField, innermost, outerOf, type Schema } from "../program/schema.ts";
import type { Term, Terms } from "../program/term.ts";
import { boolean, type ListType, number, string, type Type, withOptional } from "../program/types.ts";
import { nearNames } from "../query/near-names.ts";

export interface DatasetNames {
  /** The meaning of a bare name: a name of the dataset, or a constant. */
  lookUp(name: string): Term | undefined;
  /** A column by its full name, or a collection or record. */
  ofData(name: string): Term | undefined;
  /** Why a column of the file, or a record with such a field, cannot be used; undefined for any other name. */
  unsupported(name: string): string | undefined;
  near(name: string, more: Iterable<string>): readonly string[];
}

const constants: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E };

/** The names and types of a schema, independent of any query's terms. */
interface SchemaNames {
  readonly byName: ReadonlyMap<string, Column>;
  /** The columns with one value per event that are fields of a record, by the record's name. */
  readonly records: ReadonlyMap<string, readonly Column[]>;
  readonly lists: ReadonlySet<string>;
  /** The lists within lists, by the name of the list around them. */
  readonly innerLists: ReadonlyMap<string, readonly string[]>;
  /** All names that can be looked up. */
  readonly names: readonly string[];
  elementType(list: string): Type;
}

/** Kept, because many queries use the same schema. */
const known = new WeakMap<Schema, SchemaNames>();

function indexSchema(schema: Schema): SchemaNames {
  const fields = group(
    schema.columns.filter(({ lists, member }) => lists.length > 0 && member),
    (column) => innermost(column)!,
  );
  const byName = new Map(schema.columns.map((column) => [column.name, column]));
  const records = group(
    schema.columns.filter(({ lists, member }) => lists.length === 0 && member),
    ({ member }) => member!.record,
  );
  const lists = new Set(schema.columns.flatMap((column) => column.lists.slice(0, 1)));
  const innerLists = group([...new Set(schema.columns.flatMap(({ lists }) => lists.slice(1)))], outerOf);
  const types = new Map<string, Type>();

  function elementType(list: string): Type {
    const type = types.get(list) ?? makeElementType(list);
    types.set(list, type);
    return type;
  }

  function makeElementType(list: string): Type {
    const [own, inner] = [fields.get(list) ?? [], innerLists.get(list) ?? []];
    if (own.length + inner.length === 0) return valueType(schema.columns.find((column) => innermost(column) === list)!);
    const members = inner.map((each): [string, Type] => [each.slice(list.length + 1), { kind: "list", element: elementType(each) }]);
    return {
      kind: "record",
      name: list,
      origin: list,
      identity: [list],
      fields: new Map([...fieldTypes(own), ...members]),
      optional: false,
    };
  }

  const names = [...byName.keys(), ...lists, ...records.keys(), ...Object.keys(constants)];
  return { byName, records, lists, innerLists, names, elementType };
}

const fieldTypes = (columns: readonly Column[]): readonly [string, Type][] =>
  columns.map((column) => [column.member!.field, valueType(column)]);

export function namesOf(schema: Schema, terms: Terms): DatasetNames {
  const index = known.get(schema) ?? indexSchema(schema);
  known.set(schema, index);
  const { byName, records, lists, innerLists, names, elementType } = index;

  /** A list that each event has, with records, values or lists as elements. */
  function eventList(name: string): Term {
    const list = terms.make("collection", { kind: "list", element: elementType(name) }, [], name);
    return innerLists.get(name)?.includes(`${name}.${elementField}`) ? each(list, elementField, 0) : list;
  }

  /** The list of this field of each element: `list.map(x => x.field)`. */
  function each(list: Term, field: string, level: number): Term {
    const body = fieldOf(terms, terms.make("param", (list.type as ListType).element, [], level), field);
    return mapOver(terms, list, lambdaOf(terms, body, level));
  }

  /** The values of a column that lies in lists, in these lists. */
  function listColumn(column: Column): Term {
    const valuesIn = (list: Term, path: readonly string[], level: number): Term => {
      const [inner] = path;
      if (inner === undefined) return column.member ? each(list, column.member.field, level) : list;
      const parameter = terms.make("param", (list.type as ListType).element, [], level);
      const body = fieldOf(terms, parameter, inner.slice(outerOf(inner).length + 1));
      return mapOver(terms, list, lambdaOf(terms, valuesIn(body, path.slice(1), level + 1), level));
    };
    const [outermost, ...inner] = column.lists;
    return valuesIn(terms.make("collection", { kind: "list", element: elementType(outermost) }, [], outermost), inner, 0);
  }

  function ofData(name: string): Term | undefined {
    const column = byName.get(name);
    if (column) return column.lists.length === 0 ? terms.make("column", valueType(column), [], name) : listColumn(column);
    if (lists.has(name)) return eventList(name);
    const record = records.get(name);
    if (!record) return undefined;
    const values = record.map((each) => terms.make("column", valueType(each), [], each.name));
    return recordOf(terms, { kind: "record", name, fields: new Map(fieldTypes(record)), optional: false }, values);
  }

  const constant = (name: string): Term | undefined =>
    Object.hasOwn(constants, name) ? terms.make("number", number, [], constants[name]) : undefined;

  return {
    lookUp: (name) => ofData(name) ?? constant(name),
    ofData,
    unsupported: (name) => schema.unsupported.find((column) => column.name === name || column.name.startsWith(`${name}.`))?.reason,
    near: (name, more) => nearNames(name, [...more, ...names]),
  };
}

function valueType({ dtype, nullable, isRounded }: Column): Type {
  if (dtype === "bool" || dtype === "string") return withOptional(dtype === "bool" ? boolean : string, nullable);
  const long = dtype === "int64" || dtype === "uint64" ? dtype : undefined;
  return { ...number, optional: nullable, ...(long && { long }), ...(isRounded && { isRounded }) };
}

function group<Item>(items: readonly Item[], key: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const same = groups.get(key(item));
    if (same) same.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
