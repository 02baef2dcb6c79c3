/** Tells people in sentences where the files of a dataset differ: trees, columns and collections that some lack, and types that are wider in some. Pure. */
import { innermost, type Schema } from "../../engine/program/schema.ts";
import type { FileColumn } from "../format.ts";
import { groupByShape, type NamedFile, type ShapeFiles } from "./merge-schemas.ts";

/** The most names in one sentence, and the most sentences. */
const mostNames = 3;
const mostNotices = 20;

export function describeDifferences(files: readonly NamedFile[], schema: Schema): readonly string[] {
  if (files.every(({ description: { shape } }) => shape.digest === files[0]?.description.shape.digest)) return [];
  const shapes = groupByShape(files).filter(({ hasEntries }) => hasEntries);
  if (shapes.length < 2) return [];
  const total = shapes.reduce((sum, { names }) => sum + names.length, 0);
  const members = groupBy(schema.columns, (column) => innermost(column));
  const lacks = (list: string | undefined, shape: ShapeFiles) =>
    list !== undefined && members.get(list)!.every(({ name }) => !shape.columns.has(name));
  const missing = new Groups();
  const collections = new Groups();
  const wider = new Groups();
  for (const column of schema.columns) {
    const { name, dtype } = column;
    const list = innermost(column);
    const without = shapes.filter((shape) => !shape.columns.has(name));
    const gone = without.filter((shape) => lacks(list, shape));
    const partly = without.filter((shape) => !lacks(list, shape));
    if (gone.length > 0)
      collections.add(list!, (verb) => `${verb("is", "are")} not in ${filesOf(gone, total)}: what reads ${verb("it", "them")} fails there`);
    if (partly.length > 0) missing.add(name, (verb) => `${verb("is", "are")} not in ${filesOf(partly, total)}: missing values there`);
    const types = groupBy(shapes, ({ columns }) => typeOf(columns.get(name)));
    types.delete(undefined);
    if (types.size < 2) continue;
    const each = [...types].map(([type, some]) => `${type} in ${filesOf(some, total)}`).join(" and ");
    wider.add(name, (verb) => `${verb("is", "are")} ${each}: read as ${dtype}`);
  }
  const trees = groupBy(shapes, ({ first }) => first.description.shape.tree);
  // Files of formats without trees have none, whatever the others have.
  trees.delete(undefined);
  const each = [...trees].map(([tree, some]) => `${tree} in ${filesOf(some, total)}`).join(" and ");
  const named = trees.size > 1 ? [`the tree that is read is ${each}: where one of them is meant, say so (PATH:TREE)`] : [];
  const all = [...named, ...collections.sentences("collection"), ...missing.sentences("column"), ...wider.sentences("column")];
  return all.length > mostNotices
    ? [...all.slice(0, mostNotices - 1), `and ${all.length - mostNotices + 1} more differences between files`]
    : all;
}

const typeOf = (column: FileColumn | undefined): string | undefined => (column?.isEmpty ? undefined : column?.dtype);

function filesOf(shapes: readonly ShapeFiles[], total: number): string {
  const names = shapes.flatMap((shape) => shape.names);
  return `${names.length} of ${total} files (${someOf(names)})`;
}

function groupBy<Key, Item>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

type Verb = (one: string, several: string) => string;

/** Groups names by what is said of them. */
class Groups {
  readonly #groups = new Map<string, { readonly names: Set<string>; readonly say: (verb: Verb) => string }>();

  add(name: string, say: (verb: Verb) => string): void {
    const key = say((one) => one);
    const group = this.#groups.get(key) ?? { names: new Set(), say };
    group.names.add(name);
    this.#groups.set(key, group);
  }

  sentences(what: string): readonly string[] {
    return [...this.#groups.values()].map(({ names, say }) => {
      const subject = `${what}${names.size > 1 ? "s" : ""} ${someOf([...names])}`;
      return `${subject} ${say((one, several) => (names.size > 1 ? several : one))}`;
    });
  }
}

function someOf(names: readonly string[]): string {
  const some = names.slice(0, mostNames).join(", ");
  return names.length > mostNames ? `${some} and ${names.length - mostNames} more` : some;
}
