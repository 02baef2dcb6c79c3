/** The checksums in files: CRC-32 of pages, XXH64 of LZ4 blocks. */
import { isInArea, takeArea } from "../kernels/kernels.ts";

const tables = makeTables();

/** Computes the CRC-32 of IEEE 802.3, as in gzip, four bytes per step; returns an unsigned 32-bit integer. */
export function crc32(bytes: Uint8Array): number {
  const [first, second, third, fourth] = tables;
  let crc = -1;
  let at = 0;
  for (const last = bytes.length - 3; at < last; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc = fourth[crc & 255]! ^ third[(crc >>> 8) & 255]! ^ second[(crc >>> 16) & 255]! ^ first[crc >>> 24]!;
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ first[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}

/** Makes the tables: table k has what a byte contributes if k zero bytes follow it. */
function makeTables(): readonly [Int32Array, Int32Array, Int32Array, Int32Array] {
  const first = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    first[byte] = crc;
  }
  const after = (table: Int32Array) => table.map((crc) => (crc >>> 8) ^ first[crc & 255]!);
  const second = after(first);
  const third = after(second);
  return [first, second, third, after(third)];
}

/** Computes XXH64 with seed 0. */
export function xxh64(bytes: Uint8Array): bigint {
  if (isInArea(bytes)) return BigInt.asUintN(64, takeArea(0).kernels.xxh64(bytes.byteOffset, bytes.length));
  const area = takeArea(bytes.length);
  area.bytes.set(bytes, area.base);
  return BigInt.asUintN(64, area.kernels.xxh64(area.base, bytes.length));
}
