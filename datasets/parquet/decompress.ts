/** Decompression of pages. Promises: exactly the stated number of bytes, or an error; gzip's and ZSTD's checksums are verified where there are any. `prepareZstd` must have been awaited. */
import { brotliDecompressSync, unzipSync } from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { decompressHadoopLz4, decompressLz4Block } from "../compression/lz4.ts";
import { decompressZstd } from "../compression/zstd.ts";

export function decompress(codec: CompressionCodec, bytes: Uint8Array, length: number): Uint8Array {
  if (codec !== "UNCOMPRESSED" && length === 0) return new Uint8Array(0);
  const content = contentOf(codec, bytes, length);
  if (content.length === length) return content;
  throw new Error(`a page has ${content.length} bytes after decompression, its header says ${length}`);
}

function contentOf(codec: CompressionCodec, bytes: Uint8Array, length: number): Uint8Array {
  switch (codec) {
    case "UNCOMPRESSED":
      return bytes;
    case "GZIP":
      return plainView(unzipSync(bytes, { maxOutputLength: length }));
    case "BROTLI":
      return plainView(brotliDecompressSync(bytes, { maxOutputLength: length }));
    case "ZSTD": {
      const content = new Uint8Array(length);
      decompressZstd(bytes, content);
      return content;
    }
    case "SNAPPY":
      refuseOtherLength(bytes, length);
      return compressors.SNAPPY!(bytes, length);
    case "LZ4":
    case "LZ4_RAW": {
      const content = new Uint8Array(length);
      (codec === "LZ4" ? decompressHadoopLz4 : decompressLz4Block)(bytes, content);
      return content;
    }
    default:
      throw new Error(`its compression ${codec} is not supported`);
  }
}

/** The `slice` of Node's `Buffer` does not copy, and its memory may be a pool that holds other things before it. */
const plainView = ({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

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
