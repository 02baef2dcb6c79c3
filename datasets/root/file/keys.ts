/** Keys: the name, class and place of each object in a directory. */
import { ByteCursor } from "./byte-cursor.ts";
import { type Directory, parseDirectory } from "./file-header.ts";
import type { ReadWindows } from "./read-windows.ts";

export interface Key {
  /** The stored bytes of the key and the object together. */
  readonly bytes: number;
  /** The bytes of the object after decompression. */
  readonly objectBytes: number;
  /** The bytes of the key itself. */
  readonly keyBytes: number;
  /** Of several keys with one name, the one with the highest cycle counts: it was written last. */
  readonly cycle: number;
  readonly seek: number;
  readonly className: string;
  readonly name: string;
  readonly title: string;
}

/** The fewest bytes of a key. */
const leastKeyBytes = 26;

/** Reads a key. Its `bytes` are 0 for a basket that was not yet written. */
export function parseKey(cursor: ByteCursor): Key {
  const bytes = cursor.int32();
  const version = cursor.int16();
  const objectBytes = cursor.int32();
  cursor.skip(4);
  const keyBytes = cursor.int16();
  const cycle = cursor.int16();
  const isLong = version > 1000;
  const seek = isLong ? cursor.int64() : cursor.uint32();
  cursor.skip(isLong ? 8 : 4);
  const [className, name, title] = [cursor.string(), cursor.string(), cursor.string()];
  if (keyBytes < leastKeyBytes || objectBytes < 0 || (bytes !== 0 && bytes < keyBytes)) {
    throw new Error(`the key of ${name || "an object"} makes no sense: ${bytes} bytes, of them ${keyBytes} its own`);
  }
  return { bytes, objectBytes, keyBytes, cycle, seek, className, name, title };
}

/** The keys of a directory in its order; of each name only the highest cycle. */
export async function readKeys(file: ReadWindows, { seekKeys, bytesKeys }: Directory): Promise<readonly Key[]> {
  const cursor = new ByteCursor(await file.read(seekKeys, bytesKeys));
  const list = parseKey(cursor);
  cursor.position = list.keyBytes;
  const count = cursor.int32();
  if (!(count >= 0 && count * leastKeyBytes <= cursor.left)) throw new Error(`its list of keys has no room for ${count} of them`);
  const keys = new Map<string, Key>();
  for (let index = 0; index < count; index++) {
    const key = parseKey(cursor);
    const known = keys.get(key.name);
    if (!known || known.cycle < key.cycle) keys.set(key.name, key);
  }
  return [...keys.values()];
}

export const isDirectory = ({ className }: Key): boolean => className === "TDirectory" || className === "TDirectoryFile";

/** The keys of the directory that a key leads to. */
export async function readDirectory(file: ReadWindows, key: Key): Promise<readonly Key[]> {
  const directory = parseDirectory(await file.read(key.seek + key.keyBytes, key.bytes - key.keyBytes));
  if (directory.seekKeys === 0 || directory.bytesKeys === 0) return [];
  return await readKeys(file, directory);
}
