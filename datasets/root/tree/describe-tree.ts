/**
 * Describes a tree, or several of equal length that are read as one, from the bytes of their objects. As these may be megabytes, it lets other tasks run
 * in between. Throws an `Error` if the tree is damaged; a fault in one branch only makes its columns unsupported.
 */
import { TurnTaker } from "../../../base/turn.ts";
import type { FileColumn, FileDescription } from "../../format.ts";
import { ObjectReader } from "../file/object-reader.ts";
import { beginObjectArray } from "../file/own-forms.ts";
import type { Members, RootObject } from "../file/root-object.ts";
import type { Streamers } from "../file/streamers.ts";
import { shapeOf } from "../known-shapes.ts";
import { BasketTables } from "./basket-tables.ts";
import { findColumns } from "./branch-columns.ts";
import { type Branch, branchesOf } from "./branch-node.ts";
import { unitsOf } from "./clusters.ts";
import type { StoredBranch } from "./tree-places.ts";
import { type DescribedBranch, unitValues } from "./unit-values.ts";
import { dtypeOf, isLong, typeOfLeaf, typeOfNumber } from "./value-types.ts";

export interface TreeSource {
  readonly name: string;
  /** `TTree`, or a class derived from it. */
  readonly className: string;
  readonly object: Uint8Array;
  readonly keyBytes: number;
  /** The byte of the file at which the stored object begins, and its stored bytes. */
  readonly seek: number;
  readonly bytes: number;
}

interface ParsedTree extends TreeSource {
  readonly entries: number;
  readonly members: Members;
  readonly branches: readonly Branch[];
}

export interface TreeOptions {
  /** The format's name, for the description. */
  readonly format: string;
  readonly tree: string | undefined;
  readonly streamers: Streamers;
  /** The length of the file. */
  readonly fileBytes: number;
  readonly partitionEvents: number;
}

/** If several trees have a column of one name, the first tree's column counts. */
export async function describeTTrees(sources: readonly TreeSource[], options: TreeOptions): Promise<FileDescription> {
  const { format, streamers, fileBytes, partitionEvents } = options;
  const turns = new TurnTaker();
  const trees: ParsedTree[] = [];
  for (const source of sources) {
    trees.push(await parseTree(source, streamers, turns));
    await turns.take();
  }
  const [{ entries }] = trees;
  const other = trees.find((tree) => tree.entries !== entries);
  if (other) throw new Error(`${trees[0].name} has ${entries} entries and ${other.name} ${other.entries}: they cannot be read as one`);
  const tables = new BasketTables(fileBytes);
  const columns = new Map<string, FileColumn>();
  const unsupported = new Map<string, string>();
  const found: DescribedBranch[] = [];
  for (const [position, { branches, object }] of trees.entries()) {
    const places = new BranchPositions(tables, { position, entries, objectBytes: object.length });
    const counters = countersOf(branches);
    const tree = findColumns(branches, streamers);
    await turns.take();
    for (const { parts, reason } of tree.unsupported) {
      if (!unsupported.has(parts.join(".")) && !columns.has(parts.join("."))) unsupported.set(parts.join("."), reason);
    }
    for (const column of tree.columns) {
      const name = column.parts.join(".");
      if (columns.has(name) || unsupported.has(name)) continue;
      const branch = places.of(column.branch);
      if (typeof branch === "string") {
        unsupported.set(name, branch);
        continue;
      }
      const counting = column.counter && counters.get(column.counter);
      const counter = counting && places.of(counting.branch);
      const counted = counting && typeof counter === "number" ? { branch: counter, type: counting.type } : undefined;
      const stored: StoredBranch = {
        kind: "branch",
        branch,
        form: column.form,
        ...(counted && { countedBy: counted.branch }),
        ...(counted && column.branch.mayLackOffsets && { counter: counted }),
      };
      const { parts, lists } = column;
      const [level] = column.form.levels;
      const length = counted ? String(counted.branch) : level?.kind === "fixed" ? `[${level.length}]` : undefined;
      columns.set(name, {
        index: found.length,
        parts,
        lists,
        ...(length !== undefined && lists[0] === parts.length && { counter: length }),
        dtype: dtypeOf[column.form.type],
        stored,
      });
      found.push({ ...stored, totalBytes: column.branch.totalBytes });
    }
  }
  const places = tables.finish(Float64Array.from(trees.flatMap(({ seek, bytes, object }) => [seek, bytes, object.length])));
  const units = unitsOf({ ...clustersOf(trees[0].members), entries }, partitionEvents, () => tables.seams());
  const refused = [...unsupported].map(([name, reason]) => ({ name, reason }));
  const shape = await shapeOf({
    format,
    columns,
    unsupported: refused,
    hasBounds: true,
    ...(options.tree !== undefined && { tree: options.tree }),
  });
  await turns.take();
  const rounded = Uint8Array.from(found, ({ form }) => (isLong(form.type) ? 1 : 0));
  return {
    shape,
    units,
    nullable: new Uint8Array(found.length),
    ...(rounded.includes(1) && { rounded }),
    values: unitValues(units, found, places),
    places,
  };
}

async function parseTree(source: TreeSource, streamers: Streamers, turns: TurnTaker): Promise<ParsedTree> {
  const members: Members = {};
  const reader = new ObjectReader(source.object, source.keyBytes, { streamers, stopBefore: { TTree: "fBranches" } });
  reader.streamed(source.className, members);
  const entries = members.fEntries;
  if (typeof entries !== "number" || !Number.isSafeInteger(entries) || entries < 0) {
    throw new Error(`${source.name} states ${String(entries)} entries`);
  }
  return { ...source, entries, members, branches: branchesOf({ items: await readBranches(reader, turns) }) };
}

/** Reads the branches from where the reader stopped; lets other tasks run every few milliseconds. */
async function readBranches(reader: ObjectReader, turns: TurnTaker): Promise<readonly (RootObject | undefined)[]> {
  if (reader.stoppedAt === undefined) throw new Error("it is no TTree");
  reader.position = reader.stoppedAt;
  const { count } = beginObjectArray(reader);
  const items: (RootObject | undefined)[] = [];
  for (let index = 0; index < count; index++) {
    items.push(reader.any());
    await turns.take();
  }
  return items;
}

function clustersOf({ fClusterRangeEnd, fClusterSize, fAutoFlush }: Members) {
  const numbers = (value: unknown): readonly number[] => (Array.isArray(value) ? value : []);
  const [rangeEnds, rangeSizes] = [numbers(fClusterRangeEnd), numbers(fClusterSize)];
  return { rangeEnds: rangeEnds.slice(0, rangeSizes.length), rangeSizes, autoFlush: typeof fAutoFlush === "number" ? fAutoFlush : 0 };
}

/** The branches that may count others, by the object by which others refer to them: the branch itself or its only leaf. */
function countersOf(branches: readonly Branch[]) {
  const counters = new Map<RootObject, { readonly branch: Branch; readonly type: StoredBranch["form"]["type"] }>();
  const visit = (branch: Branch) => {
    counters.set(branch.object, { branch, type: "int32" });
    const [leaf, ...others] = branch.leaves;
    const type = leaf && (leaf.type === undefined ? typeOfLeaf(leaf.className, leaf.isUnsigned) : typeOfNumber[leaf.type]);
    if (type && others.length === 0) counters.set(leaf.object, { branch, type });
    branch.branches.forEach(visit);
  };
  branches.forEach(visit);
  return counters;
}

/** The index of each branch in the basket tables. A branch is added when its index is first asked for. */
class BranchPositions {
  readonly #tables: BasketTables;
  readonly #tree: Parameters<BasketTables["add"]>[1];
  readonly #known = new Map<Branch, number | string>();

  constructor(tables: BasketTables, tree: Parameters<BasketTables["add"]>[1]) {
    this.#tables = tables;
    this.#tree = tree;
  }

  /** The branch's index, or the reason why it cannot be read. */
  of(branch: Branch): number | string {
    const known = this.#known.get(branch);
    if (known !== undefined) return known;
    const position = this.#tables.length;
    const placed = this.#tables.add(branch, this.#tree) ?? position;
    this.#known.set(branch, placed);
    return placed;
  }
}
