/**
 * Decompresses LZMA in .xz streams, by an optional add-on.
 *
 * It fills the target exactly, or throws, and verifies the stream's checksums. It only decodes a stream whose chunks state as many bytes as the target has,
 * since the add-on has no limit of its own.
 */
import { loadOptional } from "./optional-package.ts";

interface AddOn {
  readonly xz: { decompressSync(bytes: Uint8Array): Uint8Array };
}
const name = "@napi-rs/lzma";
let addOn: AddOn | undefined;

export function decompressXz(bytes: Uint8Array, target: Uint8Array): void {
  const stated = statedLength(bytes);
  if (stated !== target.length) throw new Error(`its LZMA stream has ${stated} bytes, stated are ${target.length}`);
  addOn ??= loadOptional<AddOn>(name);
  if (!addOn)
    throw new Error(`it is compressed by LZMA, which needs the package ${name}: install it beside this one (npm install ${name})`);
  const content = addOn.xz.decompressSync(bytes);
  if (content.length !== target.length) throw new Error("its LZMA stream is damaged");
  target.set(content);
}

/** The bytes of the checksum behind a block, by the stream's flags. */
const checkBytes: Readonly<Record<number, number>> = { 0: 0, 1: 4, 4: 8, 10: 32 };

/** The length of the content that the chunks of all blocks state together. */
function statedLength(bytes: Uint8Array): number {
  const check = checkBytes[bytes[7] ?? -1];
  if (bytes.length < 24 || bytes[0] !== 0xfd || bytes[1] !== 0x37 || check === undefined) throw new Error("its LZMA stream is damaged");
  let total = 0;
  let at = 12;
  // A block begins with the length of its header in words of four bytes. The index follows the last block and begins with 0.
  while (at < bytes.length && bytes[at] !== 0) {
    const start = at;
    at += (bytes[at]! + 1) * 4;
    for (let control = bytes[at++] ?? 0; control !== 0; control = bytes[at++] ?? 0) {
      const low = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
      const isCompressed = control >= 0x80;
      total += (isCompressed ? ((control & 0x1f) << 16) + low : low) + 1;
      at += isCompressed ? 4 + (control >= 0xc0 ? 1 : 0) + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) + 1 : 2 + low + 1;
    }
    at += ((4 - ((at - start) & 3)) & 3) + check;
  }
  return total;
}
