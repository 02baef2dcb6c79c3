/** The bytes of an object, as a key leads to them. */

import { blockBytes } from "../compression/block-headers.ts";
import { decompressInto, prepareCodecs } from "../compression/decompress.ts";
import { ByteCursor } from "./byte-cursor.ts";
import { type Key, parseKey } from "./keys.ts";
import type { ReadWindows } from "./read-windows.ts";

/** ROOT writes no larger objects. */
const mostObjectBytes = 2 ** 30;

/** Decompressed. Throws an `Error` where the key does not lead to what it says, and allocates nothing for what is not there. */
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
