/**
 * The run-length and bit-packed hybrid of Parquet, for levels and dictionary indexes.
 *
 * Promises: reads [start, end) only, writes `count` values from the front of `output` or throws; ends on any input, as every run
 * has at least one value.
 */

/** `width`: bits per value, 0–32, and at most the bits of an element of `output`. */
export function decodeHybrid(
  bytes: Uint8Array,
  start: number,
  end: number,
  width: number,
  output: Uint8Array | Uint32Array,
  count: number,
): void {
  if (width === 0) {
    output.fill(0, 0, count);
    return;
  }
  const valueBytes = (width + 7) >> 3;
  let at = start;
  let done = 0;
  while (done < count) {
    let header = 0;
    let shift = 0;
    for (;;) {
      if (at >= end || shift > 28) throw new Error("a run of levels or indexes overruns its page");
      const byte = bytes[at++]!;
      header |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
      shift += 7;
    }
    const length = header >>> 1;
    if (length === 0) throw new Error("a run of levels or indexes is empty");
    if ((header & 1) === 0) {
      if (at + valueBytes > end) throw new Error("a run of levels or indexes overruns its page");
      let value = 0;
      for (let byte = 0; byte < valueBytes; byte++) value |= bytes[at++]! << (byte * 8);
      if (width < 32 && value >>> width !== 0) throw new Error(`a run holds ${value >>> 0}, which is no value of ${width} bits`);
      const next = Math.min(count, done + length);
      output.fill(value >>> 0, done, next);
      done = next;
    } else {
      const values = Math.min(count - done, length * 8);
      if (at + Math.ceil((values * width) / 8) > end) throw new Error("a run of levels or indexes overruns its page");
      if (width === 1) unpackBits(bytes, at, output, done, values);
      else unpack(bytes, at, width, output, done, values);
      done += values;
      at += length * width;
    }
  }
}

function unpackBits(bytes: Uint8Array, start: number, output: Uint8Array | Uint32Array, first: number, count: number): void {
  let at = start;
  let out = first;
  const last = first + count;
  for (; out + 8 <= last; out += 8) {
    const byte = bytes[at++]!;
    output[out] = byte & 1;
    output[out + 1] = (byte >> 1) & 1;
    output[out + 2] = (byte >> 2) & 1;
    output[out + 3] = (byte >> 3) & 1;
    output[out + 4] = (byte >> 4) & 1;
    output[out + 5] = (byte >> 5) & 1;
    output[out + 6] = (byte >> 6) & 1;
    output[out + 7] = byte >> 7;
  }
  for (let bit = 0; out < last; bit++) output[out++] = (bytes[at]! >> bit) & 1;
}

/** A value lies in four bytes from its first, or five; bytes past the end read as 0 and are masked away. */
function unpack(bytes: Uint8Array, start: number, width: number, output: Uint8Array | Uint32Array, first: number, count: number): void {
  const mask = width === 32 ? -1 : (1 << width) - 1;
  const last = first + count;
  let bit = 0;
  for (let out = first; out < last; out++) {
    const at = start + (bit >>> 3);
    const shift = bit & 7;
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    const low = word >>> shift;
    const high = shift + width > 32 ? bytes[at + 4]! << (32 - shift) : 0;
    output[out] = (low | high) & mask;
    bit += width;
  }
}
