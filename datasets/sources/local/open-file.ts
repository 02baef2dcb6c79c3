/**
 * Byte readers for files of this machine. A file's version is its modification time.
 *
 * Guarantees: the handle is closed on every path, all bytes come from one open file, and anything but a regular file is refused without waiting.
 * Limits: a change that keeps both size and modification time is not noticed; when the signal aborts, a read that has begun is still waited for.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { open } from "node:fs/promises";
import { baseName, DatasetError, type FileIdentity } from "../../dataset.ts";
import type { ByteReader, SignalOptions, Source } from "../source.ts";

export const openFile: Source["open"] = async (expected, use, { signal, mayBlock } = {}) => {
  signal?.throwIfAborted();
  // Without O_NONBLOCK, opening a named pipe would wait until somebody writes to it.
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
  const handle = await (mayBlock ? openNow : openLater)(expected.path, flags).catch((cause: unknown) => {
    throw new DatasetError(`Cannot open ${baseName(expected.path)}: ${reasonOf(cause)}`, { cause, permanent: false });
  });
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

export const identityOf = (path: string, { size, mtimeMs }: Pick<Stats, "size" | "mtimeMs">): FileIdentity => ({
  path,
  size,
  version: String(Math.floor(mtimeMs)),
});

interface Handle {
  stat(): Promise<Stats>;
  close(): Promise<void>;
  /** Reads bytes of the file from `position` on into the target from `filled` on; returns their number. */
  read(target: Uint8Array, filled: number, position: number): Promise<number>;
  readNow?(target: Uint8Array, filled: number, position: number): number;
}

async function openLater(path: string, flags: number): Promise<Handle> {
  const handle = await open(path, flags);
  return {
    stat: () => handle.stat(),
    close: () => handle.close(),
    read: async (target, filled, position) => (await handle.read(target, filled, target.length - filled, position)).bytesRead,
  };
}

/** A handle whose calls block the thread, because asynchronous calls cost more than the reads themselves. */
async function openNow(path: string, flags: number): Promise<Handle> {
  const fd = openSync(path, flags);
  const readNow: Handle["readNow"] = (target, filled, position) => readSync(fd, target, filled, target.length - filled, position);
  return { stat: async () => fstatSync(fd), close: async () => closeSync(fd), read: async (...args) => readNow(...args), readNow };
}

async function refuseChanged(handle: Handle, { path, size, version }: FileIdentity, what: string): Promise<void> {
  const stats = await handle.stat();
  const reason = irregularity(stats);
  if (reason !== undefined) throw new DatasetError(`Cannot read ${baseName(path)}: ${reason}`, { permanent: false });
  const now = identityOf(path, stats);
  if (now.size === size && now.version === version) return;
  throw new DatasetError(`${baseName(path)} ${what}: ask again to use it as it is now`, { permanent: false });
}

function readerOf({ read, readNow }: Handle, { path, size }: FileIdentity): ByteReader {
  const refuseEnd = (bytesRead: number, { length }: Uint8Array, start: number, filled: number) => {
    if (bytesRead > 0) return;
    const reason = `bytes ${start}–${start + length} needed, it ends at ${start + filled}`;
    throw new DatasetError(`Cannot read ${baseName(path)}: ${reason}`, { permanent: false });
  };
  async function readInto(target: Uint8Array, start: number, { signal }: SignalOptions = {}): Promise<void> {
    for (let filled = 0; filled < target.length; ) {
      signal?.throwIfAborted();
      const bytesRead = await read(target, filled, start + filled);
      refuseEnd(bytesRead, target, start, filled);
      filled += bytesRead;
    }
    signal?.throwIfAborted();
  }
  return {
    byteLength: size,
    readInto,
    ...(readNow && {
      readNow(target, start) {
        for (let filled = 0; filled < target.length; ) {
          const bytesRead = readNow(target, filled, start + filled);
          refuseEnd(bytesRead, target, start, filled);
          filled += bytesRead;
        }
      },
    }),
    async slice(start, end = size, options) {
      const buffer = new ArrayBuffer(end - start);
      await readInto(new Uint8Array(buffer), start, options);
      return buffer;
    },
  };
}

/** Why this is no regular file, else undefined. Pipes, sockets and devices may never answer, never end, or change by being read. */
export function irregularity(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  const kind = stats.isFIFO() ? "a named pipe" : stats.isSocket() ? "a socket" : stats.isDirectory() ? "a directory" : "a device";
  return `it is ${kind}, no regular file`;
}

/** The operating system's reason, without the path. */
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
