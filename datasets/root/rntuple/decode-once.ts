/**
 * Where lists end, by the stored bytes of their pages: writers that know of no collections store the same ends for each column of one, and decompressing
 * them is most of the work of reading it. What was decoded last of a file is kept while it is open.
 */
import { Buffer } from "node:buffer";
import type { StoredColumn } from "./stored-field.ts";

interface Decoded {
  readonly stored: Uint8Array;
  readonly ends: Uint32Array;
}

/** Bytes of all that is kept of one open file. */
const mostKept = 2 ** 23;
const known = new WeakMap<object, Map<string, Decoded>>();

/** What `decode` gives for these bytes as a page of the column, or gave for equal ones. The caller leaves it as it is. */
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
