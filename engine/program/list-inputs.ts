/** Which arrays a program reads: each column it uses, with validity where it is nullable, and each collection's offsets. */
import type { Input } from "./inputs.ts";
import { bytesPerValue, type Column, innermost, type Schema } from "./schema.ts";
import { reachable, type Term } from "./term.ts";

export function listInputs(roots: readonly Term[], schema: Schema): readonly Input[] {
  const used = new Map<string, Column>();
  const collections = new Set<string>();
  const use = (column: Column | undefined) => column && used.set(column.name, column);
  for (const term of reachable(roots)) {
    if (term.operation === "column") use(schema.columns.find((column) => column.name === term.literal));
    if (term.operation === "collection") collections.add(String(term.literal));
    if (term.operation === "collection" && term.type.kind === "list" && term.type.element.kind !== "record")
      use(schema.columns.find((column) => innermost(column) === term.literal));
    if (term.operation === "field" && term.args[0].type.kind === "record") {
      const { origin } = term.args[0].type;
      if (origin !== undefined) use(columnOf(schema, origin, String(term.literal)));
    }
  }
  const members = (collection: string) => schema.columns.filter((column) => innermost(column) === collection);
  const inputs: Input[] = [];
  for (const collection of [...collections].sort()) {
    const own = members(collection);
    const read = own.filter(({ name }) => used.has(name));
    const narrowest = [...own].sort((a, b) => bytesPerValue[a.dtype] - bytesPerValue[b.dtype])[0];
    inputs.push({ kind: "offsets", lists: own[0].lists, columns: (read.length > 0 ? read : [narrowest]).map(({ name }) => name).sort() });
  }
  for (const column of [...used.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { name, dtype, nullable, lists } = column;
    inputs.push({ kind: "values", column: name, dtype, lists });
    if (nullable) inputs.push({ kind: "valid", column: name, lists });
  }
  return inputs;
}

export const columnOf = (schema: Schema, collection: string, field: string): Column | undefined =>
  schema.columns.find((column) => innermost(column) === collection && column.member?.field === field);
