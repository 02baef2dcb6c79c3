/**
 * ROOT's compression, in which baskets, keys and RNTuple's pages are stored: blocks one after another, each with a header of nine bytes
 * (`block-headers.ts`).
 *
 * Guarantees: fills the target exactly, or throws; verifies the checksums that codecs have; a wrong length cannot make it allocate more than the
 * target's size. `CS` is raw deflate, from old versions of ROOT.
 */
import { inflateRawSync, inflateSync } from "node:zlib";
import { xxh64 } from "../../compression/checksums.ts";
import { outputOf } from "../../compression/host-output.ts";
import { decompressLz4Block } from "../../compression/lz4.ts";
import { decompressXz } from "../../compression/lzma.ts";
import { decompressZstd, prepareZstd } from "../../compression/zstd.ts";
import { isInArea } from "../../kernels/kernels.ts";
import { blockHeaderBytes, blockLengths } from "./block-headers.ts";

const checksumBytes = 8;
/** Old raw deflate sometimes returns a few more bytes than stated; like ROOT, we drop them. */
const rawSurplus = 64;

/** Must be awaited once on each thread before `decompressInto`. */
export const prepareCodecs = (): Promise<void> => prepareZstd();

/**
 * Decompresses into the target; bytes of the target's own length are not compressed and are copied. If the target lies in the kernels' area, as many
 * bytes as `compressed` has, plus slack, must be free from `spare` on, and slack behind the target.
 */
export function decompressInto(compressed: Uint8Array, target: Uint8Array, spare = 0): void {
  if (compressed.length === target.length) {
    target.set(compressed);
    return;
  }
  let to = 0;
  for (let at = 0; at < compressed.length; ) {
    if (at + blockHeaderBytes > compressed.length) throw new Error("a compressed block is cut off within its header");
    const { stored, length } = blockLengths(compressed, at);
    const from = at + blockHeaderBytes;
    if (stored > compressed.length - from)
      throw new Error(`a compressed block states ${stored} bytes where ${compressed.length - from} follow`);
    if (length > target.length - to) throw new Error(`compressed blocks state more than the ${target.length} bytes of their content`);
    decompressBlock(codecAt(compressed, at), compressed.subarray(from, from + stored), target.subarray(to, to + length), spare);
    at = from + stored;
    to += length;
  }
  if (to !== target.length) throw new Error(`compressed blocks have ${to} bytes of content, stated are ${target.length}`);
}

const codecAt = (bytes: Uint8Array, at: number): string => String.fromCharCode(bytes[at]!, bytes[at + 1]!);

function decompressBlock(codec: string, bytes: Uint8Array, target: Uint8Array, spare: number): void {
  if (codec === "ZL")
    copy(
      inflated(() => inflateSync(bytes, outputOf(target.length))),
      target,
    );
  else if (codec === "CS")
    copy(inflated(() => inflateRawSync(bytes, outputOf(target.length + rawSurplus))).subarray(0, target.length), target);
  else if (codec === "XZ") decompressXz(bytes, target);
  else if (codec === "L4") decompressChecked(bytes, target, spare);
  else if (codec === "ZS") decompressZstd(bytes, target);
  else
    throw new Error(
      `its compression ${JSON.stringify(codec)} is not one of ROOT's (ZL, CS, XZ, L4, ZS): it is damaged, or of a newer ROOT`,
    );
}

function inflated(inflate: () => Uint8Array): Uint8Array {
  try {
    return inflate();
  } catch (cause) {
    throw new Error(`a compressed block is damaged (zlib says: ${cause instanceof Error ? cause.message : cause})`, { cause });
  }
}

/** LZ4, after the XXH64 of its compressed bytes in big-endian order. */
function decompressChecked(bytes: Uint8Array, target: Uint8Array, spare: number): void {
  if (bytes.length < checksumBytes) throw new Error("a compressed block is cut off within its checksum");
  const stated = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  let block = bytes.subarray(checksumBytes);
  if (isInArea(target)) {
    const staged = new Uint8Array(target.buffer, spare, block.length);
    staged.set(block);
    block = staged;
  }
  if (xxh64(block) !== stated) throw new Error("the checksum of a compressed block is wrong: its bytes are damaged");
  decompressLz4Block(block, target);
}

function copy(content: Uint8Array, target: Uint8Array): void {
  if (content.length !== target.length)
    throw new Error(`a compressed block has ${content.length} bytes of content, stated are ${target.length}`);
  target.set(content);
}
