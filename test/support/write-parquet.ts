/** Small Parquet files of columns with nulls, lists, structs and lists of structs, for tests. */
import { writeFile } from "node:fs/promises";
import type { SchemaElement } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";

type Type = "FLOAT" | "DOUBLE" | "INT32" | "BOOLEAN" | "TEXT";

/** The kind of a column's cells: a value of a type, the elements of a list, or the fields of a struct. */
export type Kind = Type | { readonly list: Kind } | { readonly fields: Readonly<Record<string, Kind>> };

export interface WrittenColumn {
  readonly kind: Kind;
  readonly cells: readonly unknown[];
}

function elementsOf(name: string, kind: Kind): SchemaElement[] {
  const optional = { name, repetition_type: "OPTIONAL" } as const;
  if (typeof kind === "string")
    return [kind === "TEXT" ? { ...optional, type: "BYTE_ARRAY", converted_type: "UTF8" } : { ...optional, type: kind }];
  if ("list" in kind)
    return [
      { ...optional, converted_type: "LIST", num_children: 1 },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      ...elementsOf("element", kind.list),
    ];
  const fields = Object.entries(kind.fields);
  return [{ ...optional, num_children: fields.length }, ...fields.flatMap(([field, each]) => elementsOf(field, each))];
}

export async function writeParquet(path: string, columns: Readonly<Record<string, WrittenColumn>>, rowGroupSize?: number): Promise<void> {
  const given = Object.entries(columns);
  const schema: SchemaElement[] = [
    { name: "root", num_children: given.length },
    ...given.flatMap(([name, { kind }]) => elementsOf(name, kind)),
  ];
  const columnData = given.map(([name, { cells }]) => ({ name, data: [...cells] }));
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ columnData, schema, ...(rowGroupSize && { rowGroupSize }) })));
}
