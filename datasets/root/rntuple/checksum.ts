/** XXH3 of 64 bits, seed 0: what RNTuples put after their envelopes, pages and anchors. */
import type { IHasher } from "hash-wasm";

let hasher: IHasher | undefined;

/** Before the first checksum. Loads this one function: the package with all of them takes many times as long. */
export async function prepareChecksums(): Promise<void> {
  if (hasher) return;
  const { default: module } = (await import("hash-wasm/dist/xxhash3.umd.min.js" as string)) as {
    readonly default: Pick<typeof import("hash-wasm"), "createXXHash3">;
  };
  hasher = await module.createXXHash3();
}

/** Throws where the eight bytes after `content` are not its checksum. `what` is for the message; `bigEndian` where the bytes stand the other way round. */
export function verifyChecksum(content: Uint8Array, checksum: Uint8Array, what: string, bigEndian = false): void {
  if (!hasher) throw new Error("Checksums are not prepared");
  // The digest begins with its highest byte.
  const digest = hasher.init().update(content).digest("binary");
  for (let at = 0; at < 8; at++) {
    if (digest[at] !== checksum[bigEndian ? at : 7 - at]) throw new Error(`the checksum of ${what} does not match its bytes`);
  }
}
