/**
 * Decompresses ZSTD by the fastest available decoder: the host's own, else the optional add-on, else WebAssembly.
 *
 * It fills the target exactly, or throws. A frame's checksum is verified if it has one. No frame makes a decoder allocate much more memory than the target has.
 */
import { Buffer } from "node:buffer";
import * as zlib from "node:zlib";
import { outputOf } from "./host-output.ts";
import { loadOptional } from "./optional-package.ts";

/** Absent before Node 22.15. */
const hostDecoder = (zlib as { zstdDecompressSync?: (bytes: Uint8Array, options: object) => Uint8Array }).zstdDecompressSync;
interface AddOn {
  readonly Decoder: new () => { decodeSync(bytes: Buffer): Buffer };
}
const largestBlock = 2 ** 17;

let addOn: { decodeSync(bytes: Buffer): Buffer } | undefined;
let portable: ((frame: Uint8Array, most: number) => Uint8Array) | undefined;
let preparing: Promise<void> | undefined;

/** Prepares the decoders. Must be awaited once on each thread before `decompressZstd` is called. */
export function prepareZstd(): Promise<void> {
  preparing ??= prepare();
  return preparing;
}

async function prepare(): Promise<void> {
  if (hostDecoder) return;
  const found = loadOptional<AddOn>("@toondepauw/node-zstd");
  if (found) addOn = new found.Decoder();
  const { default: decoder } = await import("@foxglove/wasm-zstd");
  await decoder.isLoaded;
  portable = decoder.decompress;
}

/** Decompresses frames that lie one after another. */
export function decompressZstd(bytes: Uint8Array, target: Uint8Array): void {
  let to = 0;
  for (let at = 0; at < bytes.length; ) {
    const { end, stated, blocks } = frameAt(bytes, at);
    const left = target.length - to;
    if (stated !== undefined && stated > left) throw new Error(`its ZSTD frames have more than the ${target.length} bytes that are stated`);
    const content = contentOf(bytes.subarray(at, end), stated, blocks, left);
    if (content.length > left || (stated !== undefined && content.length !== stated)) throw new Error("its ZSTD frame is damaged");
    target.set(content, to);
    to += content.length;
    at = end;
  }
  if (to !== target.length) throw new Error(`its ZSTD frames have ${to} bytes, stated are ${target.length}`);
}

function contentOf(frame: Uint8Array, stated: number | undefined, blocks: number, most: number): Uint8Array {
  const length = stated ?? most;
  if (hostDecoder) return hostDecoder(frame, outputOf(length));
  // The add-on has no limit of its own; a frame of this many blocks has at most eight times the stated length.
  if (addOn && stated !== undefined && blocks <= 8 + (8 * stated) / largestBlock)
    return addOn.decodeSync(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength));
  if (!portable) throw new Error("the ZSTD decoder is not ready");
  return portable(frame, length);
}

/** Returns where a frame ends, the length of its content if it states one, and the number of its blocks. */
function frameAt(bytes: Uint8Array, start: number): { readonly end: number; readonly stated: number | undefined; readonly blocks: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length - start < 6 || view.getUint32(start, true) !== 0xfd2fb528) throw new Error("its ZSTD frame is damaged");
  const descriptor = view.getUint8(start + 4);
  const isSingle = (descriptor & 32) !== 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const sizeAt = start + 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  let at = sizeAt + sizeBytes;
  let blocks = 0;
  for (let isLast = false; !isLast; blocks++) {
    if (at + 3 > bytes.length) throw new Error("its ZSTD frame is cut off");
    const head = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    isLast = (head & 1) === 1;
    at += 3 + (((head >> 1) & 3) === 1 ? 1 : head >> 3);
  }
  const end = at + (descriptor & 4 ? 4 : 0);
  if (end > bytes.length) throw new Error("its ZSTD frame is cut off");
  return { end, stated: statedSize(view, sizeAt, sizeBytes), blocks };
}

function statedSize(view: DataView, at: number, bytes: number): number | undefined {
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at, true) + 256;
  if (bytes === 4) return view.getUint32(at, true);
  return bytes === 8 ? Number(view.getBigUint64(at, true)) : undefined;
}
