/** A byte reader for remote files that fetches small reads in whole blocks and keeps some blocks, since metadata lie together and are read in small parts. */
import type { ByteReader, SignalOptions } from "./source.ts";

const blockBytes = 2 ** 16;
const mostBlocks = 32;
/** Larger reads bypass the blocks. */
const small = 2 * blockBytes;

/** Returns the reader itself if its reads are cheap (no `joined`). */
export function readBlocks(reader: ByteReader): ByteReader {
  const { joined, byteLength } = reader;
  if (!joined) return reader;
  const blocks = new Map<number, Promise<ArrayBuffer>>();

  function blockAt(index: number, options: SignalOptions): Promise<ArrayBuffer> {
    const start = index * blockBytes;
    const block = blocks.get(index) ?? reader.slice(start, Math.min(byteLength, start + blockBytes), options);
    // The block used last stays longest; a failed one is dropped.
    blocks.delete(index);
    blocks.set(index, block);
    block.catch(() => blocks.delete(index));
    for (const oldest of blocks.keys()) {
      if (blocks.size <= mostBlocks) break;
      blocks.delete(oldest);
    }
    return block;
  }

  return {
    byteLength,
    joined,
    async slice(start, end = byteLength, options = {}) {
      if (start < 0 || end <= start || end > byteLength || end - start > small) return await reader.slice(start, end, options);
      const first = Math.floor(start / blockBytes);
      const count = Math.floor((end - 1) / blockBytes) - first + 1;
      const found = await Promise.all(Array.from({ length: count }, (_, at) => blockAt(first + at, options)));
      const bytes = new Uint8Array(end - start);
      for (const [at, block] of found.entries()) {
        const from = (first + at) * blockBytes;
        const [low, high] = [Math.max(start, from), Math.min(end, from + block.byteLength)];
        bytes.set(new Uint8Array(block, low - from, high - low), low - start);
      }
      return bytes.buffer;
    },
  };
}
