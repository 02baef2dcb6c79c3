/** Encodes keys and numbers for LMDB, which sorts them by bytes. */
import { StoreError } from "../store-error.ts";

const keyBytesLimit = 1900;

/** Throws `StoreError` for a key that is too long. */
export function encodeKey(key: string): Uint8Array {
  const bytes = Buffer.from(key);
  if (bytes.length <= keyBytesLimit) return bytes;
  throw refuseLongKey(key)!;
}

/** The error for a key that is too long; undefined for other keys. */
export function refuseLongKey(key: string): StoreError | undefined {
  // A UTF-16 unit takes at most three bytes in UTF-8, so short keys need no exact count.
  if (3 * key.length <= keyBytesLimit) return undefined;
  const bytes = Buffer.byteLength(key);
  if (bytes <= keyBytesLimit) return undefined;
  return new StoreError("too-large", `Cannot use a key of ${bytes} bytes (${key.slice(0, 40)}…): the most is ${keyBytesLimit}`);
}

export function decodeKey(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

/** Encodes integers as 8 bytes each, big-endian, so that their bytes sort like the numbers. */
export function writeNumbers(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < values.length; index++) {
    view.setUint32(8 * index, Math.floor(values[index]! / 2 ** 32));
    view.setUint32(8 * index + 4, values[index]! >>> 0);
  }
  return bytes;
}

export function readNumber(bytes: Uint8Array, offset: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(offset) * 2 ** 32 + view.getUint32(offset + 4);
}
