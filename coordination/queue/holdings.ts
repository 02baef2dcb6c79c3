/**
 * A short summary of what a node holds in memory, which it publishes to all nodes: a Bloom filter over pairs of partition fingerprint and column.
 *
 * It is by column and not by program, so that other queries over the same columns find them. It never denies what is held. It may affirm what is not held:
 * at its largest size, for one in a hundred queries of a column if the node holds 2,500 columns, and for one in fifty programs that read three columns if it
 * holds 12,000. Such an error only delays the asking node.
 */
import { Buffer } from "node:buffer";
import { mix } from "./rendezvous.ts";

export interface HeldPartition {
  readonly fingerprint: string;
  readonly columns: Iterable<string>;
}

/** Two hashes of 32 bits. */
export type DoubleHash = readonly [number, number];

export interface Holdings {
  /** Whether the node may hold all of these columns; false is certain. */
  mayHold(partition: DoubleHash, columns: readonly DoubleHash[]): boolean;
}

/** In characters: the number of probes, a point, and 3,000 bytes of bits in base64. */
export const mostSummaryLength = 4_002;
const mostBytes = 3_000;
const bitsPerColumn = 10;
const mostProbes = 7;

export function doubleHash(text: string): DoubleHash {
  let first = 0x811c9dc5;
  let second = 0x9747b28c;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    first = Math.imul(first ^ code, 0x01000193);
    second = Math.imul(second ^ code, 0x5bd1e995) + 0x6ed9eba1;
  }
  return [mix(first), mix(second)];
}

/** Writes the summary; an empty text if nothing is held. */
export function summarizeHoldings(held: Iterable<HeldPartition>): string {
  const pairs: DoubleHash[] = [];
  for (const { fingerprint, columns } of held) {
    const partition = doubleHash(fingerprint);
    for (const column of columns) pairs.push(combine(partition, doubleHash(column)));
  }
  if (pairs.length === 0) return "";
  const bytes = new Uint8Array(Math.min(mostBytes, Math.ceil((pairs.length * bitsPerColumn) / 8)));
  const bits = bytes.length * 8;
  const probes = Math.max(1, Math.min(mostProbes, Math.round((bits / pairs.length) * Math.LN2)));
  for (const pair of pairs) {
    for (let probe = 0; probe < probes; probe++) {
      const bit = bitOf(pair, probe, bits);
      bytes[bit >> 3] = bytes[bit >> 3]! | (1 << (bit & 7));
    }
  }
  return `${probes}.${Buffer.from(bytes).toString("base64")}`;
}

/** Reads a summary; undefined for the empty text, and for one that `summarizeHoldings` cannot have written. */
export function parseHoldings(text: string): Holdings | undefined {
  const match = /^([1-7])\.([A-Za-z0-9+/]+={0,2})$/.exec(text);
  if (match === null || text.length > mostSummaryLength) return undefined;
  const probes = Number(match[1]);
  const bytes = Buffer.from(match[2]!, "base64");
  const bits = bytes.length * 8;
  const has = (pair: DoubleHash): boolean => {
    for (let probe = 0; probe < probes; probe++) {
      const bit = bitOf(pair, probe, bits);
      if ((bytes[bit >> 3]! & (1 << (bit & 7))) === 0) return false;
    }
    return true;
  };
  return { mayHold: (partition, columns) => columns.every((column) => has(combine(partition, column))) };
}

const combine = (partition: DoubleHash, column: DoubleHash): DoubleHash => [
  mix(partition[0] ^ column[0]),
  mix(partition[1] ^ column[1]) | 1,
];

const bitOf = ([first, second]: DoubleHash, probe: number, bits: number): number => ((first + Math.imul(probe, second)) >>> 0) % bits;
