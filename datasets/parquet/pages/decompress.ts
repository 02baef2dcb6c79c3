/**
 * Decompresses pages. It fills the target exactly, or throws. The checksums of gzip and ZSTD are verified if there are any. `prepareZstd` must have been
 * awaited before.
 */
import { brotliDecompressSync, unzipSync } from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { outputOf } from "../../compression/host-output.ts";
import { decompressHadoopLz4, decompressLz4Block } from "../../compression/lz4.ts";
import { decompressSnappy } from "../../compression/snappy.ts";
import { decompressZstd } from "../../compression/zstd.ts";

/** Whether the codec's decoder works in the kernels' area: then bytes and target both lie in it, with slack behind, or neither does. */
export const worksInArea = (codec: CompressionCodec): boolean => codec === "SNAPPY" || codec === "LZ4" || codec === "LZ4_RAW";

export function decompressInto(codec: CompressionCodec, bytes: Uint8Array, target: Uint8Array): void {
  if (codec !== "UNCOMPRESSED" && target.length === 0) return;
  switch (codec) {
    case "UNCOMPRESSED":
      put(bytes, target);
      return;
    case "GZIP":
      put(unzipSync(bytes, outputOf(target.length)), target);
      return;
    case "BROTLI":
      put(brotliDecompressSync(bytes, outputOf(target.length)), target);
      return;
    case "ZSTD":
      decompressZstd(bytes, target);
      return;
    case "SNAPPY":
      decompressSnappy(bytes, target);
      return;
    case "LZ4":
      decompressHadoopLz4(bytes, target);
      return;
    case "LZ4_RAW":
      decompressLz4Block(bytes, target);
      return;
    default:
      throw new Error(`its compression ${codec} is not supported`);
  }
}

function put(content: Uint8Array, target: Uint8Array): void {
  if (content.length !== target.length)
    throw new Error(`a page has ${content.length} bytes after decompression, its header says ${target.length}`);
  target.set(content);
}
