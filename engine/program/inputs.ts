/**
 * The arrays that a program reads, for one partition of n entries: flat content, and one array of offsets for each list.
 * - `values`: one number per entry, or one per element of the innermost of `lists`; little-endian `dtype`. With `tellsOf`, each number is 1 if a list of
 *   this name is present and 0 if it is null; only for lists that may be null, and only if the program asks.
 * - `strings`: the dictionary (`dictionary.ts`) of a string column, whose values are positions in it.
 * - `valid`: one byte per value, 1 = present, 0 = missing; only for nullable columns.
 * - `offsets` of the innermost of `lists`: uint32, the first 0, one more than there are entries or elements of the list
 *   around it; entry (or outer element) i has the elements [offsets[i], offsets[i + 1]).
 * In memory each starts at a multiple of 16 bytes and may be read up to 16 bytes past its end.
 */
import { bytesPerValue, type Column, type DType, innermost, type Schema } from "./schema.ts";
import { reachable, type Term } from "./term.ts";

export type Input =
  | {
      readonly kind: "values";
      readonly column: string;
      readonly dtype: DType;
      readonly lists: readonly string[];
      readonly tellsOf?: string;
    }
  | { readonly kind: "valid" | "strings"; readonly column: string; readonly lists: readonly string[] }
  | { readonly kind: "offsets"; readonly lists: readonly string[]; readonly columns: readonly string[] };

/** The name of the column or list of an input, for messages. */
export const nameOf = (input: Input): string => (input.kind === "offsets" ? input.lists[input.lists.length - 1] : input.column);

/**
 * Lists the arrays that a program's terms read: the columns that they use, with validity if nullable; the offsets of each list; and whether lists are
 * present, if the program asks.
 */
export function listInputs(terms: readonly Term[], schema: Schema): readonly Input[] {
  const used = new Map<string, Column>();
  const lists = new Set<string>();
  const asked: Term[] = [];
  const use = (column: Column | undefined) => column && used.set(column.name, column);
  for (const term of terms) {
    if (term.operation === "column") use(schema.columns.find((column) => column.name === term.literal));
    if (term.operation === "collection") lists.add(String(term.literal));
    // A parameter may stand for any list; `madeOf` below covers that.
    if (term.operation === "not-null") asked.push(...term.args);
    if (term.operation === "collection" && term.type.kind === "list" && term.type.element.kind !== "record")
      use(schema.columns.find((column) => innermost(column) === term.literal));
    if (term.operation === "field" && term.args[0].type.kind === "record") {
      const { origin } = term.args[0].type;
      // A record without an origin was computed; its fields come from other terms.
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
    if (dtype === "string") inputs.push({ kind: "strings", column: name, lists });
    if (nullable) inputs.push({ kind: "valid", column: name, lists });
  }
  const madeOf = asked.some(({ free }) => free !== 0) ? terms : reachable(asked);
  const askedOf = new Set(madeOf.flatMap(({ operation, literal }) => (operation === "collection" ? [literal] : [])));
  for (const { list, column } of schema.nullableLists ?? [])
    if (askedOf.has(list)) inputs.push({ kind: "values", column: column.name, dtype: column.dtype, lists: column.lists, tellsOf: list });
  return inputs;
}

/** The columns that must be in memory: those whose values or validity are read, and one column of each list of which only the offsets are read. */
export function columnsOf({ inputs }: { readonly inputs: readonly Input[] }): readonly string[] {
  const names = new Set<string>();
  for (const input of inputs) if (input.kind !== "offsets") names.add(input.column);
  for (const input of inputs) {
    if (input.kind !== "offsets" || input.columns.some((name) => names.has(name))) continue;
    const [first] = input.columns;
    if (first === undefined) throw new Error(`Cannot load the offsets of ${nameOf(input)}: the program names no column of it`);
    names.add(first);
  }
  return [...names];
}
