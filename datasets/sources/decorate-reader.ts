/** Readers around readers. */
import type { ByteReader } from "./source.ts";

/** `milliseconds` from the call to its end: reads that overlap count each. */
export type OnRead = (bytes: number, milliseconds: number) => void;

/** Tells how much was read and how long each read took. */
export function observed(reader: ByteReader, onRead: OnRead): ByteReader {
  return {
    byteLength: reader.byteLength,
    async slice(start, end, options) {
      const begun = performance.now();
      const bytes = await reader.slice(start, end, options);
      onRead(bytes.byteLength, performance.now() - begun);
      return bytes;
    },
  };
}

/** Every read ends when the signal aborts, so whoever reads need not know of it. */
export function abortable(reader: ByteReader, signal: AbortSignal): ByteReader {
  return { byteLength: reader.byteLength, slice: (start, end) => reader.slice(start, end, { signal }) };
}
