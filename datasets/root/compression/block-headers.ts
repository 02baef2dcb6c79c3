/** The header of a compressed block: two letters for the codec, a byte for the method, then two lengths of three bytes each. */
export const blockHeaderBytes = 9;

/** The lengths in the header at `at`: the bytes stored behind it, and the bytes after decompression. */
export const blockLengths = (bytes: Uint8Array, at: number): { readonly stored: number; readonly length: number } => ({
  stored: uint24(bytes, at + 3),
  length: uint24(bytes, at + 6),
});

/** The sum of the decompressed lengths that blocks state; NaN if a block is cut off. */
export function blockBytes(blocks: Uint8Array): number {
  let content = 0;
  let at = 0;
  while (at < blocks.length) {
    if (at + blockHeaderBytes > blocks.length) return Number.NaN;
    const { stored, length } = blockLengths(blocks, at);
    content += length;
    at += blockHeaderBytes + stored;
  }
  return at === blocks.length ? content : Number.NaN;
}

const uint24 = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
