/**
 * Copies bytes to memory that threads share. V8 copies eight bytes at a time if source and target have the same address modulo 8. Otherwise it copies
 * byte by byte, eight times as slowly; so such bytes are first copied to a small buffer of this thread.
 */

/** Bytes are copied fastest between addresses that are equal modulo this. */
export const copyAlignment = 8;

/** The bytes of that buffer: a multiple of 8, few enough for the processor's nearest cache. */
const step = 16_384;
/** Fewer bytes than this are copied directly, since the detour gains nothing. */
const few = 64;

const between = new Uint8Array(step + copyAlignment);

export function copyBytes(from: Uint8Array, to: Uint8Array): void {
  const start = to.byteOffset % copyAlignment;
  const isPlain = start === from.byteOffset % copyAlignment || from.length <= few || !(to.buffer instanceof SharedArrayBuffer);
  if (isPlain) {
    to.set(from);
    return;
  }
  for (let at = 0; at < from.length; at += step) {
    const part = from.subarray(at, at + step);
    between.set(part, start);
    to.set(between.subarray(start, start + part.length), at);
  }
}
