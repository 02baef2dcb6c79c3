/** Splits a pattern into the files and the tree that it means: `PATH:TREE`, where the path may be a URL or a glob pattern. */
import { stat } from "node:fs/promises";
import { fileEndings } from "../formats.ts";
import { isLocal } from "../sources/sources.ts";

export interface Selection {
  /** A path, a URL or a glob pattern of them. */
  readonly files: string;
  /** The same as in `DescribeOptions`. */
  readonly tree?: string;
}

/**
 * Decides by the form of the text: a tree follows the last colon, is no glob pattern, and does not end like a file's name. Colons in a URL's scheme and port do
 * not count.
 */
export function splitTree(pattern: string): Selection {
  const beginning = /^@?[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(pattern)?.[0].length ?? 0;
  const colon = pattern.lastIndexOf(":");
  const tree = pattern.slice(colon + 1);
  const isTree = tree !== "" && !/[*?{}[\]\\]|^\/|\/$/.test(tree) && !fileEndings.some((ending) => tree.endsWith(ending));
  return colon > beginning && isTree ? { files: pattern.slice(0, colon), tree } : { files: pattern };
}

/** The same as `splitTree`, except that a file which exists under the whole name, including colons, is that file. */
export async function findSelection(pattern: string): Promise<Selection> {
  const selection = splitTree(pattern);
  if (selection.tree === undefined || !isLocal(pattern)) return selection;
  const exists = await stat(pattern).then(
    () => true,
    () => false,
  );
  return exists ? { files: pattern } : selection;
}
