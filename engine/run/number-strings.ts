/**
 * Numbers strings for one run, so that the code compares strings of all columns and literals by comparing numbers. Positions in dictionaries would not do,
 * since dictionaries differ between columns and between partitions.
 */
import { readDictionary } from "../program/dictionary.ts";

export interface StringNumbers {
  readonly numberOf: (string: string) => number;
  /** All strings with a number so far; each is at the index that is its number. */
  readonly strings: () => readonly string[];
}

/** Numbers first the strings that the code knows, then others in the order of the calls. */
export function numberStrings(known: readonly string[]): StringNumbers {
  const numbers = new Map(known.map((string, number) => [string, number]));
  const numberOf = (string: string): number => {
    const number = numbers.get(string) ?? numbers.size;
    numbers.set(string, number);
    return number;
  };
  return { numberOf, strings: () => [...numbers.keys()] };
}

/**
 * Writes the count of a dictionary's strings, then the number of each. `take` reserves bytes for this. Returns the address.
 */
export function writeNumbers(
  memory: WebAssembly.Memory,
  dictionary: number,
  { numberOf, take }: { readonly numberOf: (string: string) => number; readonly take: (bytes: number) => number },
): number {
  const strings = readDictionary(memory.buffer, dictionary);
  // The code may read one number even if the dictionary is empty.
  const address = take(4 * (1 + Math.max(1, strings.length)));
  const table = new Int32Array(memory.buffer, address, 1 + strings.length);
  table[0] = strings.length;
  for (const [index, string] of strings.entries()) table[1 + index] = numberOf(string);
  return address;
}
