/**
 * Decides which columns form a record or a collection, only by their names and lengths.
 *
 * - A struct or a list of structs is what its file declares.
 * - List columns that share the prefix before the first underscore, or before the last point or colon, or the struct they lie in, are one collection if their
 *   lengths agree. If not all agree, those that do are one collection, named by their longest common prefix that ends before an underscore.
 * - A list in the elements of another is one of their fields; a plain list of lists stays on its own.
 * - One value per entry: columns that share the prefix before the first underscore are one record. A name belongs to one group only. Lists of structs go first,
 *   then columns of just that name, then larger groups of lists, then structs, then records by prefix. What finds its name taken stays on its own, under its
 *   full name.
 */
import { elementField, innerList } from "../../engine/program/schema.ts";

export interface Groupable {
  readonly name: string;
  readonly parts: readonly string[];
  /** For each list around its values: how many of `parts` name it. */
  readonly lists: readonly number[];
}

/** The name, lists and member of a schema's column. */
export interface GroupedColumn {
  readonly lists: readonly string[];
  readonly member?: { readonly record: string; readonly field: string };
}

/** Groups columns, by column name. `agree` tells whether two list columns have equal lengths everywhere; it must be an equivalence. */
export function groupColumns<Item extends Groupable>(
  columns: readonly Item[],
  agree: (a: Item, b: Item) => boolean,
): Map<string, GroupedColumn> {
  const grouped = new Map<string, GroupedColumn>();
  const lists = columns.filter(isPlainList);
  const scalars = columns.filter((column) => column.lists.length === 0);
  const taken = new Set<string>();
  for (const column of columns) {
    if (column.lists.length === 0 || isPlainList(column)) continue;
    const path = pathOf(column);
    taken.add(path.lists[0]!);
    grouped.set(column.name, path);
  }
  for (const { name } of columns) taken.add(name);
  for (const group of byPrefix(lists)) {
    for (const { prefix, items } of split(group, agree)) {
      if (taken.has(prefix)) continue;
      taken.add(prefix);
      for (const { name } of items) {
        grouped.set(name, { lists: [prefix], member: { record: prefix, field: name.slice(prefix.length + 1) } });
      }
    }
  }
  const structs = new Set<string>();
  for (const { name, parts } of scalars) {
    const record = parts[0]!;
    if (parts.length === 1 || taken.has(record)) continue;
    structs.add(record);
    grouped.set(name, { lists: [], member: { record, field: parts.slice(1).join("_") } });
  }
  for (const { prefix, items } of byPrefix(scalars.filter(({ parts }) => parts.length === 1))) {
    if (taken.has(prefix) || structs.has(prefix)) continue;
    for (const { name } of items) grouped.set(name, { lists: [], member: { record: prefix, field: name.slice(prefix.length + 1) } });
  }
  for (const { name } of lists) if (!grouped.has(name)) grouped.set(name, { lists: [name] });
  for (const { name } of scalars) if (!grouped.has(name)) grouped.set(name, { lists: [] });
  return grouped;
}

/** Groups the lists of plain values that may be one collection by their names. */
export const listGroups = <Item extends Groupable>(columns: readonly Item[]): readonly (readonly Item[])[] =>
  byPrefix(columns.filter(isPlainList))
    .map(({ items }) => items)
    .filter(({ length }) => length > 1);

/** The lists around a column's values that its file declares: lists of structs, and lists in lists. */
function pathOf({ parts, lists }: Groupable): GroupedColumn {
  const named: string[] = [];
  let begin = 0;
  for (const end of lists) {
    const outer = named.at(-1);
    const field = begin === end ? elementField : parts.slice(begin, end).join("_");
    named.push(outer === undefined ? parts.slice(0, end).join(".") : innerList(outer, field));
    begin = end;
  }
  const field = parts.slice(begin).join("_");
  return { lists: named, ...(field !== "" && { member: { record: named.at(-1)!, field } }) };
}

const isPlainList = ({ lists, parts }: Groupable): boolean => lists.length === 1 && lists[0] === parts.length;

interface Group<Item> {
  readonly prefix: string;
  readonly items: readonly Item[];
}

function byPrefix<Item extends Groupable>(columns: readonly Item[]): Group<Item>[] {
  const groups = new Map<string, Item[]>();
  for (const column of columns) {
    const prefix = prefixOf(column);
    if (prefix === undefined) continue;
    const items = groups.get(prefix);
    if (items) items.push(column);
    else groups.set(prefix, [column]);
  }
  return [...groups].map(([prefix, items]) => ({ prefix, items }));
}

/** The prefix that may name a collection or record (see the header); undefined if it, or the rest of the name, would be empty. */
function prefixOf(column: Groupable): string | undefined {
  const { name, parts } = column;
  if (parts.length > 1) return parts.slice(0, -1).join(".");
  const end = isPointed(column) ? Math.max(name.lastIndexOf("."), name.lastIndexOf(":")) : name.indexOf("_");
  return end > 0 && end < name.length - 1 ? name.slice(0, end) : undefined;
}

/** Whether its name has a prefix before a point, as in `AnalysisJetsAuxDyn.pt`, or before a colon, in formats that allow no points in names. */
const isPointed = ({ name, parts }: Groupable): boolean => parts.length > 1 || /.[.:]./.test(name);

/** Returns the whole group if all agree, otherwise the parts that do, larger ones first. */
function split<Item extends Groupable>(group: Group<Item>, agree: (a: Item, b: Item) => boolean): Group<Item>[] {
  const clusters: Item[][] = [];
  for (const column of group.items) {
    const cluster = clusters.find(([first]) => agree(first!, column));
    if (cluster) cluster.push(column);
    else clusters.push([column]);
  }
  if (clusters.length === 1) return [group];
  clusters.sort((a, b) => b.length - a.length);
  return clusters.map((items) => ({ prefix: isPointed(items[0]!) ? group.prefix : commonPrefix(items), items }));
}

/** The longest common prefix of whole words between underscores that leaves each column a name for its field. */
function commonPrefix(columns: readonly Groupable[]): string {
  const names = columns.map(({ name }) => name.replace(/_+$/, "").split("_"));
  const [first, ...others] = names;
  let words = 0;
  while (names.every((name) => words < name.length - 1) && others.every((name) => name[words] === first![words])) words++;
  return first!.slice(0, words).join("_");
}
