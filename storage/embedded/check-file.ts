/**
 * Checks a database file before LMDB maps it into memory, since a foreign or truncated file would end the whole process.
 *
 * Layout of LMDB's two meta pages, 64 bits, little-endian: page flags at byte 18 (8 = meta), magic at 24, page size at 48, last page number at 144.
 */
import { type FileHandle, open } from "node:fs/promises";
import { StoreError } from "../store-error.ts";

const magic = 0xbeefc0de;
const metaFlag = 8;
const metaBytes = 168;

/** The bytes to which a file with this meta page may refer; undefined if it is no meta page. */
function readExtent(page: DataView): { readonly pageSize: number; readonly bytes: number } | undefined {
  if (page.byteLength < metaBytes) return undefined;
  const pageSize = page.getUint32(48, true);
  const isMeta = (page.getUint16(18, true) & metaFlag) !== 0 && page.getUint32(24, true) === magic;
  if (!isMeta || pageSize < 512 || pageSize > 65536) return undefined;
  return { pageSize, bytes: (Number(page.getBigUint64(144, true)) + 1) * pageSize };
}

/**
 * Resolves if LMDB can open the file safely, otherwise throws `StoreError`. A file that ends early is extended with zeros. Mostly
 * these pages were free, since LMDB need not write the last ones; otherwise LMDB reports a missing page instead of ending the process.
 */
export async function checkFile(path: string): Promise<{ readonly filled: number }> {
  const file = await open(path, "r+");
  try {
    const { size } = await file.stat();
    if (size === 0) return { filled: 0 };
    const first = readExtent(await readPage(file, 0));
    if (first === undefined || size < 2 * first.pageSize) {
      throw new StoreError("damaged", `Cannot open ${path}: it is not a database file, or its start is damaged`);
    }
    const second = readExtent(await readPage(file, first.pageSize));
    const filled = Math.max(first.bytes, second?.bytes ?? 0) - size;
    if (filled <= 0) return { filled: 0 };
    await file.truncate(size + filled);
    return { filled };
  } finally {
    await file.close();
  }
}

async function readPage(file: FileHandle, position: number): Promise<DataView> {
  const page = new Uint8Array(metaBytes);
  const { bytesRead } = await file.read(page, 0, metaBytes, position);
  return new DataView(page.buffer, 0, bytesRead);
}
