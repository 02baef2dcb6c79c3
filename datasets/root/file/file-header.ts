/** Reads the header of a ROOT file and the record of its top directory. */
import { ByteCursor } from "./byte-cursor.ts";
import type { ReadWindows } from "./read-windows.ts";

/** Where a directory's keys are. */
export interface Directory {
  readonly seekKeys: number;
  /** The bytes of the list of keys, including the list's own key in front of it. */
  readonly bytesKeys: number;
}

export interface FileHeader {
  /** The length of the file in bytes, as its header states it. */
  readonly end: number;
  /** Where the descriptions of the file's classes begin, and their bytes; 0 if there are none. */
  readonly seekInfo: number;
  readonly bytesInfo: number;
  readonly top: Directory;
}

const magic = "root";
/** From this version number on, positions have 64 bits. */
const longFile = 1_000_000;
/** Enough bytes for the header and, in usual files, the top directory's key and record. */
const headBytes = 1024;
const directoryBytes = 50;
/** The list of keys, the class descriptions and the list of free space lie at the file's end. Up to this size they are read at once. */
const tailBytes = 2 ** 18;

export const isRoot = (head: Uint8Array): boolean => String.fromCharCode(...head.subarray(0, magic.length)) === magic;

/** Throws an `Error` with the reason if the file is not complete. */
export async function readFileHeader(file: ReadWindows): Promise<FileHeader> {
  if (file.byteLength < 64) throw new Error(`it has ${file.byteLength} bytes, too few for a ROOT file`);
  const first = await file.read(0, Math.min(headBytes, file.byteLength));
  if (!isRoot(first)) throw new Error(`it does not begin with "${magic}", as ROOT files do`);
  const head = new ByteCursor(first);
  head.skip(magic.length);
  const version = head.uint32();
  const position = () => (version >= longFile ? head.int64() : head.uint32());
  const begin = head.uint32();
  const end = position();
  position();
  head.skip(8);
  const bytesName = head.uint32();
  head.skip(5);
  const seekInfo = position();
  const bytesInfo = head.uint32();
  if (end > file.byteLength) throw new Error(`it is cut off: it has ${file.byteLength} bytes where it states ${end}`);
  const start = begin + bytesName;
  const top = parseDirectory(await file.read(start, Math.min(directoryBytes, file.byteLength - start)));
  if (top.seekKeys === 0 || top.bytesKeys === 0) {
    throw new Error("it has no list of keys: it was not closed, because its writer ended early or still writes it");
  }
  const tail = seekInfo > 0 ? Math.min(top.seekKeys, seekInfo) : top.seekKeys;
  if (tail < end && end - tail <= tailBytes) await file.prepare(tail, end);
  return { end, seekInfo, bytesInfo, top };
}

/** Reads the record of a directory. */
export function parseDirectory(bytes: Uint8Array): Directory {
  const cursor = new ByteCursor(bytes);
  const version = cursor.int16();
  cursor.skip(8);
  const bytesKeys = cursor.uint32();
  cursor.skip(4);
  const isLong = version > 1000;
  cursor.skip(isLong ? 16 : 8);
  return { seekKeys: isLong ? cursor.int64() : cursor.uint32(), bytesKeys };
}
