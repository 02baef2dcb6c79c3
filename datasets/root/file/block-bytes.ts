/** Bytes in front of each compressed block: its codec, and two lengths of three bytes each. */
const headerBytes = 9;

/** How many bytes compressed blocks state for their content; NaN where they are not whole. */
export function blockBytes(stored: Uint8Array): number {
  let content = 0;
  let at = 0;
  while (at < stored.length) {
    if (at + headerBytes > stored.length) return Number.NaN;
    content += length(stored, at + 6);
    at += headerBytes + length(stored, at + 3);
  }
  return at === stored.length ? content : Number.NaN;
}

const length = (bytes: Uint8Array, at: number): number => bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
