/**
 * Caches decoded ends of lists by the stored bytes of their page. Some writers know no collections and store the same ends with each column of one;
 * decoding them would be most of the work. What was decoded last of a file is kept while the file is open.
 */
import { Buffer } from "node:buffer";
import type { StoredColumn } from "./stored-field.ts";

interface Decoded {
  readonly stored: Uint8Array;
  readonly ends: Uint32Array;
}

/** The most bytes that are kept of one open file. */
const mostKept = 2 ** 23;
const known = new WeakMap<object, Map<string, Decoded>>();

/** The result of `decode` for these bytes as a page of the column, or its earlier result for equal bytes. The caller must not change it. */
export function decodeOnce(
  file: object,
  stored: Uint8Array,
  { column: { type }, elements }: { readonly column: StoredColumn; readonly elements: number },
  decode: () => Uint32Array,
): Uint32Array {
  const kept = known.get(file) ?? new Map<string, Decoded>();
  known.set(file, kept);
  const key = `${type} ${elements} ${stored.length} ${stored.at(-1)} ${stored[stored.length >> 1]}`;
  const found = kept.get(key);
  if (found && Buffer.compare(found.stored, stored) === 0) return found.ends;
  const ends = decode();
  kept.delete(key);
  kept.set(key, { stored: stored.slice(), ends });
  let bytes = [...kept.values()].reduce((sum, each) => sum + sizeOf(each), 0);
  for (const [oldest, decoded] of kept) {
    if (bytes <= mostKept) break;
    kept.delete(oldest);
    bytes -= sizeOf(decoded);
  }
  return ends;
}

const sizeOf = ({ stored, ends }: Decoded): number => stored.byteLength + ends.byteLength;
