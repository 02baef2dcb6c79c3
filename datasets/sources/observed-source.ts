/** A byte source that tells how much was read of it and how long each read took. */
import type { ByteSource } from "./byte-source.ts";

/** `milliseconds` from the call to its end: reads that overlap count each. */
export type OnRead = (bytes: number, milliseconds: number) => void;

export function observeSource(source: ByteSource, onRead: OnRead): ByteSource {
  return {
    byteLength: source.byteLength,
    async slice(start, end) {
      const begun = performance.now();
      const bytes = await source.slice(start, end);
      onRead(bytes.byteLength, performance.now() - begun);
      return bytes;
    },
  };
}
