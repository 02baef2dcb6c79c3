/**
 * A file of this machine as a byte source, and its identity: path, size and modification time, of which fingerprints are made.
 *
 * Promises: the handle is closed on every path, and all bytes come from one open file. Does not see: a change that keeps both
 * size and modification time.
 */
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { DatasetError, type FileIdentity } from "../dataset.ts";
import type { ByteSource } from "./byte-source.ts";

/** Throws `DatasetError`, not permanent, where the file cannot be opened. */
export async function withFile<Result>(path: string, use: (source: ByteSource, file: FileIdentity) => Promise<Result>): Promise<Result> {
  const handle = await openForReading(path);
  try {
    const file = await identify(handle, path);
    return await use(sourceOf(handle, file), file);
  } finally {
    await handle.close();
  }
}

/**
 * For a file that must be `expected` before and after `use`; where it is not, throws a `DatasetError` that is not permanent,
 * whatever `use` made of the changing bytes.
 */
export async function withUnchangedFile<Result>(expected: FileIdentity, use: (source: ByteSource) => Promise<Result>): Promise<Result> {
  const handle = await openForReading(expected.path);
  try {
    await refuseChanged(handle, expected, "changed since its metadata was read");
    try {
      return await use(sourceOf(handle, expected));
    } finally {
      await refuseChanged(handle, expected, "changed while it was read");
    }
  } finally {
    await handle.close();
  }
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (cause) {
    throw new DatasetError(`Cannot open ${basename(path)}: ${reasonOf(cause)}`, { cause, permanent: false });
  }
}

async function identify(handle: FileHandle, path: string): Promise<FileIdentity> {
  const { size, mtimeMs } = await handle.stat();
  return { path, size, modified: Math.floor(mtimeMs) };
}

async function refuseChanged(handle: FileHandle, expected: FileIdentity, what: string): Promise<void> {
  const { size, modified } = await identify(handle, expected.path);
  if (size === expected.size && modified === expected.modified) return;
  throw new DatasetError(`${basename(expected.path)} ${what}: ask again to use it as it is now`, { permanent: false });
}

function sourceOf(handle: FileHandle, file: FileIdentity): ByteSource {
  return {
    byteLength: file.size,
    async slice(start, end = file.size) {
      const buffer = new ArrayBuffer(end - start);
      let filled = 0;
      while (filled < buffer.byteLength) {
        const { bytesRead } = await handle.read(new Uint8Array(buffer, filled), 0, buffer.byteLength - filled, start + filled);
        if (bytesRead === 0) {
          throw new DatasetError(`Cannot read ${basename(file.path)}: bytes ${start}–${end} needed, it ends at ${start + filled}`, {
            permanent: false,
          });
        }
        filled += bytesRead;
      }
      return buffer;
    },
  };
}

/** What the operating system says, without the path. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons.get(code) ?? (code || String(error));
}

const reasons: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "no such file"],
  ["EACCES", "permission denied"],
  ["EPERM", "permission denied"],
  ["EISDIR", "it is a directory"],
  ["EMFILE", "too many files are open"],
  ["ENFILE", "too many files are open"],
  ["EIO", "the disk or network reports an input/output error"],
]);
