/** Puts the decompressed content of a basket into the kernels' area. */
import { type Area, slack, takeArea } from "../../kernels/kernels.ts";
import { decompressInto } from "../compression/decompress.ts";
import type { EmbeddedBasket, FileBasket } from "./branch.ts";

export interface BasketContent {
  readonly area: Area;
  /** The address where its values begin, a multiple of 64, and how many bytes they have. */
  readonly start: number;
  readonly bytes: number;
  readonly entries: number;
  /** The address of its entry offsets, four bytes for each entry, each counting from `keyBytes` before the values. Absent if it has none. */
  readonly offsets?: number;
  readonly keyBytes: number;
  /** The address, a multiple of 64, from which three times the basket's bytes, offsets included, are free for use, plus slack. */
  readonly free: number;
}

/** The largest basket that ROOT writes, in bytes. */
const largestObject = 2 ** 30;

/** Opens a basket in the file; `key` is its key with the content behind it. Throws if lengths or numbers in it contradict one another. */
export function openFileBasket(key: Uint8Array, basket: FileBasket): BasketContent {
  const { keyBytes, objectBytes, entries, last } = readHeader(key);
  if (entries !== basket.entries) throw new Error(`a basket has ${entries} entries where the tree states ${basket.entries}`);
  const bytes = last - keyBytes;
  if (bytes < 0 || bytes > objectBytes) throw new Error(`a basket states ${bytes} bytes of values among its ${objectBytes}`);
  const stored = key.subarray(keyBytes);
  const { area, free } = areaFor(objectBytes, Math.max(stored.length, 3 * objectBytes));
  decompressInto(stored, area.bytes.subarray(area.base, area.base + objectBytes), free);
  const content = { area, start: area.base, bytes, entries, keyBytes, free };
  // After the values come the number of offsets, which is one more than the entries, and the offsets; the last one has no use.
  const behind = objectBytes - bytes;
  if (behind === 0) return content;
  if (behind < 4 * (entries + 1)) throw new Error(`a basket has ${behind} bytes for the offsets of its ${entries} entries`);
  return { ...content, offsets: area.base + bytes + 4 };
}

/** Opens a basket that is part of the tree's decompressed object. */
export function openEmbeddedBasket(object: Uint8Array, basket: EmbeddedBasket): BasketContent {
  const { start, bytes, offsets, entries, keyBytes } = basket;
  const offsetBytes = offsets === undefined ? 0 : 4 * entries;
  if (start + bytes > object.length || (offsets ?? 0) + offsetBytes > object.length)
    throw new Error("an embedded basket overruns its tree");
  const { area, free } = areaFor(bytes + offsetBytes, 3 * (bytes + offsetBytes));
  area.bytes.set(object.subarray(start, start + bytes), area.base);
  const content = { area, start: area.base, bytes, entries, keyBytes, free };
  if (offsets === undefined) return content;
  area.bytes.set(object.subarray(offsets, offsets + offsetBytes), area.base + bytes);
  return { ...content, offsets: area.base + bytes };
}

/** Takes an area for the content and, from `free` on, for `spare` bytes, each with slack behind it. */
function areaFor(bytes: number, spare: number): { readonly area: Area; readonly free: number } {
  const gap = Math.ceil((bytes + slack) / 64) * 64;
  const area = takeArea(gap + spare + 16 * slack);
  return { area, free: area.base + gap };
}

interface BasketHeader {
  readonly keyBytes: number;
  readonly objectBytes: number;
  readonly entries: number;
  /** Where the values end, counted from the beginning of the key. */
  readonly last: number;
}

/** Reads a key of class `TBasket`, whose length includes the basket's own fields. */
function readHeader(key: Uint8Array): BasketHeader {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  const damaged = (what: string) => new Error(`the key of a basket is damaged: ${what}`);
  if (key.length < 18) throw damaged("it is cut off");
  const stated = view.getInt32(0);
  const objectBytes = view.getInt32(6);
  const keyBytes = view.getInt16(14);
  if (stated !== key.length) throw damaged(`it states ${stated} bytes where the tree states ${key.length}`);
  if (keyBytes < 18 || keyBytes > key.length) throw damaged(`its own length is stated as ${keyBytes}`);
  if (objectBytes < 0 || objectBytes >= largestObject) throw damaged(`${objectBytes} bytes are stated as its content`);
  let at = view.getInt16(4) > 1000 ? 34 : 26;
  for (let name = 0; name < 3; name++) {
    if (at + 5 > keyBytes) throw damaged("a name overruns it");
    const short = key[at]!;
    const length = short === 255 ? view.getUint32(at + 1) : short;
    at += short === 255 ? 5 : 1;
    if (at + length > keyBytes) throw damaged("a name overruns it");
    if (name === 0 && !isBasket(key.subarray(at, at + length))) throw damaged("its class is not TBasket");
    at += length;
  }
  if (at + 18 > keyBytes) throw damaged("it ends before the basket's fields");
  // The version, the buffer's size, and the size of the offsets, which is negative if a byte of flags follows.
  const more = view.getInt32(at + 6) < 0 ? 1 : 0;
  if (at + 18 + more > keyBytes) throw damaged("it ends before the basket's fields");
  return { keyBytes, objectBytes, entries: view.getInt32(at + 10 + more), last: view.getInt32(at + 14 + more) };
}

const basketClass = new TextEncoder().encode("TBasket");
const isBasket = (name: Uint8Array): boolean => name.length === basketClass.length && name.every((byte, at) => byte === basketClass[at]);
