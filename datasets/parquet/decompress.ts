/** Decompression of pages. Promises: exactly the stated number of bytes, or an error; gzip's checksums are verified. */
import { gunzipSync } from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { compressors } from "hyparquet-compressors";

export function decompress(codec: CompressionCodec, bytes: Uint8Array, length: number): Uint8Array {
  if (codec === "UNCOMPRESSED") return exactly(bytes, length);
  if (length === 0) return new Uint8Array(0);
  if (codec === "GZIP") return exactly(gunzip(bytes, length), length);
  const decompressor = compressors[codec];
  if (!decompressor) throw new Error(`its compression ${codec} is not supported`);
  if (codec === "SNAPPY") refuseOtherLength(bytes, length);
  return exactly(decompressor(bytes, length), length);
}

/** A plain view on Node's `Buffer`: the `slice` of that does not copy, and its memory may be a pool that holds other things before it. */
function gunzip(bytes: Uint8Array, length: number): Uint8Array {
  const { buffer, byteOffset, byteLength } = gunzipSync(bytes, { maxOutputLength: length });
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function exactly(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new Error(`a page has ${bytes.length} bytes after decompression, its header says ${length}`);
  return bytes;
}

/** Snappy's own statement of the length comes first; the decompressor writes as many bytes as it says. */
function refuseOtherLength(bytes: Uint8Array, length: number): void {
  let stated = 0;
  for (let at = 0; at < 5; at++) {
    const byte = bytes[at] ?? 0;
    stated += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) break;
  }
  if (stated !== length) throw new Error(`a page has ${stated} bytes after decompression, its header says ${length}`);
}
