/** Reads the bytes of the object that a key points to. */

import { blockBytes } from "../compression/block-headers.ts";
import { decompressInto, prepareCodecs } from "../compression/decompress.ts";
import { ByteCursor } from "./byte-cursor.ts";
import { type Key, parseKey } from "./keys.ts";
import type { ReadWindows } from "./read-windows.ts";

/** The largest object that ROOT writes. */
const mostObjectBytes = 2 ** 30;

/** The object's bytes, decompressed. Throws an `Error`, before it allocates memory for them, if the file does not hold what the key states. */
export async function readObject(file: ReadWindows, key: Pick<Key, "seek" | "bytes" | "objectBytes" | "keyBytes">): Promise<Uint8Array> {
  const { objectBytes, keyBytes } = key;
  const bytes = await file.read(key.seek, key.bytes);
  const there = parseKey(new ByteCursor(bytes));
  if (there.objectBytes !== objectBytes || there.keyBytes !== keyBytes) {
    throw new Error(`at ${key.seek} there is another object than its key says`);
  }
  const stored = bytes.subarray(keyBytes);
  if (stored.length === objectBytes) return stored;
  if (objectBytes > mostObjectBytes || blockBytes(stored) !== objectBytes) {
    throw new Error(`its compressed blocks do not have the ${objectBytes} bytes that its key states`);
  }
  await prepareCodecs();
  const object = new Uint8Array(objectBytes);
  decompressInto(stored, object);
  return object;
}
