/** Which arrays a program reads: each column it uses, with validity where it is nullable, and the offsets of each list. */
import type { Input } from "./inputs.ts";
import { bytesPerValue, type Column, innermost, type Schema } from "./schema.ts";
import { reachable, type Term } from "./term.ts";

export function listInputs(roots: readonly Term[], schema: Schema): readonly Input[] {
  const used = new Map<string, Column>();
  const lists = new Set<string>();
  const use = (column: Column | undefined) => column && used.set(column.name, column);
  for (const term of reachable(roots)) {
    if (term.operation === "column") use(schema.columns.find((column) => column.name === term.literal));
    if (term.operation === "collection") lists.add(String(term.literal));
    if (term.operation === "collection" && term.type.kind === "list" && term.type.element.kind !== "record")
      use(schema.columns.find((column) => innermost(column) === term.literal));
    if (term.operation === "field" && term.args[0].type.kind === "record") {
      const { origin } = term.args[0].type;
      // The fields of a record that was computed come from other terms.
      if (origin !== undefined) use(schema.columns.find((column) => innermost(column) === origin && column.member?.field === term.literal));
    }
  }
  const inputs: Input[] = [];
  for (const list of [...lists].sort()) {
    const inside = schema.columns.filter((column) => column.lists.includes(list));
    const read = inside.filter(({ name }) => used.has(name));
    const [narrowest] = [...inside].sort((a, b) => a.lists.length - b.lists.length || bytesPerValue[a.dtype] - bytesPerValue[b.dtype]);
    const columns = (read.length > 0 ? read : [narrowest]).map(({ name }) => name).sort();
    inputs.push({ kind: "offsets", lists: narrowest.lists.slice(0, narrowest.lists.indexOf(list) + 1), columns });
  }
  for (const { name, dtype, nullable, lists } of [...used.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    inputs.push({ kind: "values", column: name, dtype, lists });
    if (nullable) inputs.push({ kind: "valid", column: name, lists });
  }
  return inputs;
}
