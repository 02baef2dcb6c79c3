/** What stands in front of each compressed block: two letters for its codec and a byte for its method, then two lengths of three bytes each. */
export const blockHeaderBytes = 9;

/** `at`: of a whole header. How many bytes are stored behind it, and how many they are decompressed. */
export const blockLengths = (bytes: Uint8Array, at: number): { readonly stored: number; readonly length: number } => ({
  stored: uint24(bytes, at + 3),
  length: uint24(bytes, at + 6),
});

/** How many bytes compressed blocks state for their content; NaN where they are not whole. */
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
