/**
 * The different strings of a string column in one partition. Little-endian: their number (uint32), where each begins and the last one ends in the
 * text (uint32, the first 0), then the text of all, UTF-8.
 */

/** A partition has at most so many different strings in a column, and bytes of all of them together. */
export const mostStrings = 65_536;
export const mostStringBytes = 2 ** 20;

/** Bytes that a dictionary needs at most, where a column has so many values. */
export const largestDictionary = (values: number): number => 4 + 4 * (Math.min(values, mostStrings) + 1) + mostStringBytes;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The strings of a dictionary that begins at an address, a multiple of 4. */
export function readDictionary(buffer: ArrayBufferLike, address: number): readonly string[] {
  const [count] = new Uint32Array(buffer, address, 1);
  const ends = new Uint32Array(buffer, address + 4, count + 1);
  // A copy: what threads share is not decoded everywhere.
  const bytes = new Uint8Array(buffer, address + 4 * (count + 2), ends[count]).slice();
  const text = decoder.decode(bytes);
  const isAscii = text.length === bytes.length;
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = [ends[index], ends[index + 1]];
    return isAscii ? text.slice(from, to) : decoder.decode(bytes.subarray(from, to));
  });
}
