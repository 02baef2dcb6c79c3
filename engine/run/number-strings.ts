/**
 * In a run equal strings are equal numbers, from whichever column or literal they come: dictionaries differ from column to column and from partition
 * to partition, and the code knows none of them.
 */
import { readDictionary } from "../program/dictionary.ts";

export interface StringNumbers {
  readonly numberOf: (string: string) => number;
  /** All that have a number so far, by it. */
  readonly strings: () => readonly string[];
}

/** Numbers strings in the order in which they are asked for; those that the code knows come first. */
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
 * Writes the number of each string of a dictionary, behind their count, to where `take` has room for so many bytes; gives the address.
 */
export function writeNumbers(
  memory: WebAssembly.Memory,
  dictionary: number,
  { numberOf, take }: { readonly numberOf: (string: string) => number; readonly take: (bytes: number) => number },
): number {
  const strings = readDictionary(memory.buffer, dictionary);
  // One number is read where there is none, too.
  const address = take(4 * (1 + Math.max(1, strings.length)));
  const table = new Int32Array(memory.buffer, address, 1 + strings.length);
  table[0] = strings.length;
  for (const [index, string] of strings.entries()) table[1 + index] = numberOf(string);
  return address;
}
