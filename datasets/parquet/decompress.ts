/** Decompression of pages. Promises: exactly the stated number of bytes, or an error; gzip's and ZSTD's checksums are verified where there are any. */
import { brotliDecompressSync, unzipSync } from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { xxh64 } from "./checksums.ts";
import { decompressHadoopLz4, decompressLz4Block } from "./lz4.ts";

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
    case "ZSTD":
      return decompressZstd(bytes, length);
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

/** Frames one after another; the decompressor looks at no checksum, and allocates what a frame states as its size. */
function decompressZstd(bytes: Uint8Array, length: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let left = length;
  for (let at = 0; at < bytes.length; ) {
    const { end, stated, isChecked } = frameAt(bytes, at);
    if (stated > left) throw new Error(`a page has more bytes after decompression than the ${length} that its header says`);
    const piece = compressors.ZSTD!(bytes.subarray(at, end), left);
    if (isChecked && Number(xxh64(piece) & 0xffffffffn) !== viewOf(bytes).getUint32(end - 4, true))
      throw new Error("a page's ZSTD checksum is wrong");
    pieces.push(piece);
    left -= piece.length;
    at = end;
  }
  if (pieces.length === 1) return pieces[0]!;
  const content = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let to = 0;
  for (const piece of pieces) {
    content.set(piece, to);
    to += piece.length;
  }
  return content;
}

/** Where a frame ends, the length of its content (0 where it does not state one), and whether a checksum is its end. */
function frameAt(bytes: Uint8Array, start: number): { readonly end: number; readonly stated: number; readonly isChecked: boolean } {
  const view = viewOf(bytes);
  if (view.getUint32(start, true) !== 0xfd2fb528) throw new Error("a page's ZSTD frame is damaged");
  const descriptor = view.getUint8(start + 4);
  const isSingle = (descriptor & 32) !== 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const sizeAt = start + 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  const stated = statedSize(view, sizeAt, sizeBytes);
  let at = sizeAt + sizeBytes;
  for (let isLast = false; !isLast; ) {
    const head = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    isLast = (head & 1) === 1;
    at += 3 + (((head >> 1) & 3) === 1 ? 1 : head >> 3);
  }
  const isChecked = (descriptor & 4) !== 0;
  const end = at + (isChecked ? 4 : 0);
  if (end > bytes.length) throw new Error("a page's ZSTD frame is cut off");
  return { end, stated, isChecked };
}

function statedSize(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at, true) + 256;
  if (bytes === 4) return view.getUint32(at, true);
  return bytes === 8 ? Number(view.getBigUint64(at, true)) : 0;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
