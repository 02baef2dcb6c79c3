/** The shapes of the files that were described last. Files of a dataset mostly have the same one, which is then hashed and kept once. */
import { LRUCache } from "lru-cache";
import { sha256 } from "../../engine/sha256.ts";
import type { FileShape } from "../format.ts";

/** By all that they consist of, as text. */
const known = new LRUCache<string, FileShape>({ max: 8 });

/** Adds the digest; gives the known shape if it is equal. */
export async function shapeOf(parts: Omit<FileShape, "digest">): Promise<FileShape> {
  const text = JSON.stringify([parts.format, parts.tree, parts.unsupported, ...parts.columns]);
  const key = parts.hasBounds ? `bounds ${text}` : text;
  const shape = known.get(key) ?? { ...parts, digest: await sha256(text) };
  known.set(key, shape);
  return shape;
}
