/**
 * A file with one decoded column: its arrays as they are in memory, so that nothing has to be unpacked. All numbers are
 * little-endian:
 *
 *   0   8 bytes   "femtoqD1"
 *   8   u64       XXH64 of everything after it
 *   16  u32       the number of arrays; then the bytes of each (u32)
 *       arrays    one after another, each beginning at a multiple of 8
 *
 * Guarantees: a file is written under another name and then renamed, so it is complete or absent, however the process ends. A damaged file is never
 * taken for a column. It may not survive a loss of power. Safe on any thread.
 */
import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { threadId } from "node:worker_threads";
import { makeDirectorySync } from "../../../base/make-directory.ts";
import { takeArea } from "../../kernels/kernels.ts";

const magic = new TextEncoder().encode("femtoqD1");
const headerBytes = 16;
/** The ending of the name of a file that is being written. */
export const unfinished = ".unfinished";

const upToEight = (bytes: number) => Math.ceil(bytes / 8) * 8;
let written = 0;

/**
 * Writes a file and returns its size in bytes; throws the system's errors. If the directory is deleted before the file is renamed, it is written once
 * more. Tests pass their own `rename`.
 */
export function writeBlock(path: string, arrays: readonly Uint8Array[], rename: typeof renameSync = renameSync): number {
  const starts: number[] = [];
  let end = upToEight(headerBytes + 4 + 4 * arrays.length);
  for (const { length } of arrays) {
    starts.push(end);
    end += upToEight(length);
  }
  const { kernels, bytes, base } = takeArea(end);
  const file = bytes.subarray(base, base + end);
  const view = new DataView(file.buffer, file.byteOffset, end);
  file.fill(0, 0, starts[0]);
  file.set(magic);
  view.setUint32(headerBytes, arrays.length, true);
  for (const [index, array] of arrays.entries()) {
    view.setUint32(headerBytes + 4 + 4 * index, array.length, true);
    file.set(array, starts[index]);
    file.fill(0, starts[index]! + array.length, starts[index]! + upToEight(array.length));
  }
  view.setBigUint64(8, BigInt.asUintN(64, kernels.xxh64(base + headerBytes, end - headerBytes)), true);
  const write = () => writeFile(path, file, rename);
  unlessGone(write, write);
  return end;
}

function writeFile(path: string, file: Uint8Array, rename: typeof renameSync): void {
  const temporary = `${path}.${process.pid}-${threadId}-${written++}${unfinished}`;
  const descriptor = create(temporary);
  try {
    for (let at = 0; at < file.length; ) at += writeSync(descriptor, file, at, file.length - at);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  rename(temporary, path);
}

/** Creates a file, and its directory if that is missing. */
function create(path: string): number {
  const open = () => openSync(path, "wx", 0o600);
  return unlessGone(open, () => {
    makeDirectorySync(dirname(path), { mode: 0o700 });
    return open();
  });
}

/** The result of `first` or, if that fails because a file or directory is missing, of `again`. */
function unlessGone<Result>(first: () => Result, again: () => Result): Result {
  try {
    return first();
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== "ENOENT") throw error;
    return again();
  }
}

export type BlockRead =
  /** The number of bytes filled in each target. */
  { readonly kind: "read"; readonly lengths: readonly number[] } | { readonly kind: "missing" } | { readonly kind: "damaged" };

/** Reads the file's arrays into the targets, one each, from their front. Throws the system's errors, except for a missing file. */
export function readBlock(path: string, targets: readonly Uint8Array[]): BlockRead {
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "ENOENT") return { kind: "missing" };
    throw error;
  }
  try {
    const { size } = fstatSync(descriptor);
    const most = targets.reduce((sum, { length }) => sum + upToEight(length), upToEight(headerBytes + 4 + 4 * targets.length));
    if (size < headerBytes + 8 || size > most) return { kind: "damaged" };
    const { kernels, bytes, base } = takeArea(size);
    const file = bytes.subarray(base, base + size);
    for (let at = 0; at < size; ) {
      const count = readSync(descriptor, file, at, size - at, at);
      if (count === 0) return { kind: "damaged" };
      at += count;
    }
    const view = new DataView(file.buffer, file.byteOffset, size);
    const sum = BigInt.asUintN(64, kernels.xxh64(base + headerBytes, size - headerBytes));
    const isWhole = magic.every((byte, index) => file[index] === byte) && view.getBigUint64(8, true) === sum;
    if (!isWhole || view.getUint32(headerBytes, true) !== targets.length) return { kind: "damaged" };
    const lengths = targets.map((_, index) => view.getUint32(headerBytes + 4 + 4 * index, true));
    let at = upToEight(headerBytes + 4 + 4 * targets.length);
    const end = lengths.reduce((sum, length) => sum + upToEight(length), at);
    if (end !== size || lengths.some((length, index) => length > targets[index]!.length)) return { kind: "damaged" };
    for (const [index, length] of lengths.entries()) {
      targets[index]!.set(file.subarray(at, at + length));
      at += upToEight(length);
    }
    return { kind: "read", lengths };
  } finally {
    closeSync(descriptor);
  }
}
