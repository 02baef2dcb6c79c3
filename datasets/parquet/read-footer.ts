/**
 * A file's footer, reduced to a `ParquetFile`. Reads the last half megabyte and, where the footer is longer, the rest of it.
 * Throws `DatasetError`, permanent, for what is not a sound Parquet file, and what the source throws.
 */

import { DatasetError } from "../dataset.ts";
import type { ByteSource } from "../sources/byte-source.ts";
import type { ParquetFile } from "./chunk.ts";
import { parseFooter } from "./parse-footer.ts";

const magic = "PAR1";
const encryptedMagic = "PARE";
const rootMagic = "root";
/** Length of the footer, and the magic. */
const tailBytes = 8;
const firstLook = 2 ** 19;

/** `name` is for messages. */
export async function readFooter(source: ByteSource, name: string): Promise<ParquetFile> {
  const refusal = (reason: string, cause?: unknown) => new DatasetError(`Cannot read ${name}: ${reason}`, { cause, permanent: true });
  const size = source.byteLength;
  if (size < tailBytes + magic.length) throw refusal(`it has ${size} bytes, too few for a Parquet file`);
  const start = textOf(new Uint8Array(await source.slice(0, 4)));
  const last = new Uint8Array(await source.slice(Math.max(0, size - firstLook), size));
  const end = textOf(last.subarray(-4));
  if (end === encryptedMagic) throw refusal("its footer is encrypted, which is not supported");
  if (start === rootMagic) throw refusal("it is a ROOT file, and this version reads Parquet only");
  if (start !== magic) throw refusal("it is not a Parquet file");
  if (end !== magic) throw refusal("it is a Parquet file without its end: truncated, or still being written");
  const length = new DataView(last.buffer).getUint32(last.length - tailBytes, true);
  const footerStart = size - tailBytes - length;
  if (footerStart < magic.length) throw refusal(`its footer is damaged (it states ${length} bytes where the file has ${size})`);
  const inLast = footerStart - (size - last.length);
  const footer = inLast >= 0 ? last.subarray(inLast, -tailBytes) : new Uint8Array(await source.slice(footerStart, size - tailBytes));
  try {
    return await parseFooter(footer);
  } catch (cause) {
    throw refusal(`its footer is damaged (${cause instanceof Error ? cause.message : cause})`, cause);
  }
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
