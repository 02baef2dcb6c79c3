/**
 * Files of this machine as byte readers. Their version is the modification time.
 *
 * Promises: the handle is closed on every path, and all bytes come from one open file. Does not see: a change that keeps both size and modification
 * time. A read that has begun is waited for when the signal aborts.
 */
import type { Stats } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { baseName, DatasetError, type FileIdentity } from "../../dataset.ts";
import type { ByteReader, SignalOptions, Source } from "../source.ts";

export const openFile: Source["open"] = async (expected, use, { signal } = {}) => {
  signal?.throwIfAborted();
  const handle = await refusing("open", expected.path, () => open(expected.path, "r"));
  try {
    await refuseChanged(handle, expected, "changed since its metadata was read");
    try {
      return await use(readerOf(handle, expected));
    } finally {
      await refuseChanged(handle, expected, "changed while it was read");
    }
  } finally {
    await handle.close();
  }
};

export const identifyFile = async (path: string): Promise<FileIdentity> => identityOf(path, await refusing("read", path, () => stat(path)));

export const identityOf = (path: string, { size, mtimeMs }: Pick<Stats, "size" | "mtimeMs">): FileIdentity => ({
  path,
  size,
  version: String(Math.floor(mtimeMs)),
});

async function refusing<Result>(action: string, path: string, attempt: () => Promise<Result>): Promise<Result> {
  try {
    return await attempt();
  } catch (cause) {
    throw new DatasetError(`Cannot ${action} ${baseName(path)}: ${reasonOf(cause)}`, { cause, permanent: false });
  }
}

async function refuseChanged(handle: FileHandle, { path, size, version }: FileIdentity, what: string): Promise<void> {
  const now = identityOf(path, await handle.stat());
  if (now.size === size && now.version === version) return;
  throw new DatasetError(`${baseName(path)} ${what}: ask again to use it as it is now`, { permanent: false });
}

function readerOf(handle: FileHandle, { path, size }: FileIdentity): ByteReader {
  return {
    byteLength: size,
    async slice(start, end = size, { signal }: SignalOptions = {}) {
      const buffer = new ArrayBuffer(end - start);
      let filled = 0;
      while (filled < buffer.byteLength) {
        signal?.throwIfAborted();
        const { bytesRead } = await handle.read(new Uint8Array(buffer, filled), 0, buffer.byteLength - filled, start + filled);
        if (bytesRead === 0) {
          const reason = `bytes ${start}–${end} needed, it ends at ${start + filled}`;
          throw new DatasetError(`Cannot read ${baseName(path)}: ${reason}`, { permanent: false });
        }
        filled += bytesRead;
      }
      signal?.throwIfAborted();
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
