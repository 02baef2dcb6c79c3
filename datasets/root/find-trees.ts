/** Finds the trees of a file that a query means: by a name, by a path, by several joined with plus signs, or by none. */

import type { FileHeader } from "./file/file-header.ts";
import { isDirectory, type Key, readDirectory, readKeys } from "./file/keys.ts";
import type { ReadWindows } from "./file/read-windows.ts";

export interface FoundTree {
  /** The tree's name with the directories in front of it. */
  readonly path: string;
  readonly key: Key;
}

const treeClasses = new Set(["TTree", "TNtuple", "TNtupleD", "TChain"]);
const usualName = "Events";
/** The most directories that are searched for trees without a given path. */
const mostDirectories = 256;
/** The most names in a message. */
const mostNames = 20;
const mostDepth = 16;

export const isRNTuple = ({ className }: Pick<Key, "className">): boolean =>
  className === "ROOT::RNTuple" || className === "ROOT::Experimental::RNTuple";

const isTree = (key: Key): boolean => treeClasses.has(key.className) || isRNTuple(key);

/** All trees of a file that can be named by a path. */
export const listTrees = async (file: ReadWindows, header: FileHeader): Promise<readonly FoundTree[]> =>
  await allTrees(file, await readKeys(file, header.top));

/** The trees that `asked` names. Throws an `Error` that lists the trees the file has, if one of them is not there. */
export async function findTrees(file: ReadWindows, header: FileHeader, asked: string | undefined): Promise<readonly FoundTree[]> {
  const keys = await readKeys(file, header.top);
  if (asked === undefined) return [await onlyTree(file, keys)];
  const found: FoundTree[] = [];
  // A tree may have a plus sign in its name.
  const exact = await lookUp(file, keys, asked);
  if (exact) return [exact];
  for (const path of asked.split("+").map((each) => each.trim())) {
    const tree = await lookUp(file, keys, path);
    if (tree) found.push(tree);
    else throw new Error(`it has no tree ${path}; it has ${namesOf(await allTrees(file, keys))}`);
  }
  return found;
}

async function onlyTree(file: ReadWindows, keys: readonly Key[]): Promise<FoundTree> {
  const usual = await lookUp(file, keys, usualName);
  if (usual) return usual;
  const trees = await allTrees(file, keys);
  if (trees.length === 0)
    throw new Error(`it has no tree; it has ${keys.length === 0 ? "nothing" : namesOf(keys.map(({ name }) => ({ path: name })))}`);
  const [tree, ...others] = trees;
  if (others.length > 0) throw new Error(`it has several trees: say which one, FILE:NAME; it has ${namesOf(trees)}`);
  return tree;
}

async function lookUp(file: ReadWindows, keys: readonly Key[], path: string): Promise<FoundTree | undefined> {
  const own = keys.find((key) => key.name === path && isTree(key));
  if (own) return { path, key: own };
  let level = keys;
  const steps = path.split("/").filter((step) => step !== "");
  if (steps.length > mostDepth) return undefined;
  for (const step of steps.slice(0, -1)) {
    const directory = level.find((key) => key.name === step && isDirectory(key));
    if (!directory) return undefined;
    level = await readDirectory(file, directory);
  }
  const key = level.find(({ name }) => name === steps.at(-1));
  return key && isTree(key) ? { path: steps.join("/"), key } : undefined;
}

/** All trees, including those in directories. */
async function allTrees(file: ReadWindows, keys: readonly Key[]): Promise<readonly FoundTree[]> {
  const waiting = [{ prefix: "", keys }];
  const seen = new Set<number>();
  const trees: FoundTree[] = [];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const key of next.keys) {
      if (isTree(key)) trees.push({ path: next.prefix + key.name, key });
      if (!isDirectory(key) || seen.has(key.seek) || seen.size === mostDirectories) continue;
      seen.add(key.seek);
      waiting.push({ prefix: `${next.prefix}${key.name}/`, keys: await readDirectory(file, key) });
    }
  }
  return trees;
}

function namesOf(trees: readonly { readonly path: string }[]): string {
  const names = trees.slice(0, mostNames).map(({ path }) => path);
  return `${names.join(", ") || "none"}${trees.length > mostNames ? ` and ${trees.length - mostNames} more` : ""}`;
}
