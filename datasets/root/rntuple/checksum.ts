/** The checksum after envelopes, pages and anchors of RNTuples: XXH3 with 64 bits and seed 0. */
import type { IHasher } from "hash-wasm";

let hasher: IHasher | undefined;

/** Must be awaited before the first checksum. It loads only this function, since the whole package takes many times as long. */
export async function prepareChecksums(): Promise<void> {
  if (hasher) return;
  const { default: module } = (await import("hash-wasm/dist/xxhash3.umd.min.js" as string)) as {
    readonly default: Pick<typeof import("hash-wasm"), "createXXHash3">;
  };
  hasher = await module.createXXHash3();
}

/** Throws unless `checksum` is the checksum of `content`. `what` names the content in the message; `bigEndian` is the order of the checksum's bytes. */
export function verifyChecksum(content: Uint8Array, checksum: Uint8Array, what: string, bigEndian = false): void {
  if (!hasher) throw new Error("Checksums are not prepared");
  // The digest begins with its highest byte.
  const digest = hasher.init().update(content).digest("binary");
  for (let at = 0; at < 8; at++) {
    if (digest[at] !== checksum[bigEndian ? at : 7 - at]) throw new Error(`the checksum of ${what} does not match its bytes`);
  }
}
