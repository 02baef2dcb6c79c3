/**
 * A dictionary: the different strings of a string column in one partition. Its form, little-endian: the number of strings (uint32); where each begins in
 * the text, the first at 0, and where the last one ends (uint32); then the text of all in UTF-8.
 */

/** The most different strings of a column in one partition, and the most bytes of all of them together. */
export const mostStrings = 65_536;
export const mostStringBytes = 2 ** 20;

/** The most bytes of the dictionary of a column with this number of values. */
export const largestDictionary = (values: number): number => 4 + 4 * (Math.min(values, mostStrings) + 1) + mostStringBytes;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The strings of a dictionary that begins at an address, a multiple of 4. */
export function readDictionary(buffer: ArrayBufferLike, address: number): readonly string[] {
  const [count] = new Uint32Array(buffer, address, 1);
  const ends = new Uint32Array(buffer, address + 4, count + 1);
  // Copied, since some hosts do not decode text from memory that threads share.
  const bytes = new Uint8Array(buffer, address + 4 * (count + 2), ends[count]).slice();
  const text = decoder.decode(bytes);
  const isAscii = text.length === bytes.length;
  return Array.from({ length: count }, (_, index) => {
    const [from, to] = [ends[index], ends[index + 1]];
    return isAscii ? text.slice(from, to) : decoder.decode(bytes.subarray(from, to));
  });
}
