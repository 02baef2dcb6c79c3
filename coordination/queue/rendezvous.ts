/**
 * Finds the node to which data belong while nobody holds them, by rendezvous hashing. All nodes with the same list of nodes find the same one. Each node
 * gets a share by its weight. A joining node takes its share equally from all others, and a leaving one's share goes equally to all; nothing else moves.
 */

export interface Weighted {
  /** The hash of the node's name (`hashText`). */
  readonly seed: number;
  /** Above 0. The share is proportional to the weight. */
  readonly weight: number;
}

/** A hash of 32 bits. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return mix(hash);
}

/** Mixes the bits of a number: every bit of it influences every bit of the result. */
export function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** The score of a node for an item, above 0. The item belongs to the node with the highest score. */
export function scoreOf(item: number, { seed, weight }: Weighted): number {
  return -weight / Math.log((mix(item ^ seed) + 0.5) / 2 ** 32);
}

/** The index of the candidate with the highest score; −1 if there are none. */
export function findPreferred(item: number, candidates: readonly Weighted[]): number {
  let winner = -1;
  let highest = 0;
  for (let index = 0; index < candidates.length; index++) {
    const score = scoreOf(item, candidates[index]!);
    if (score <= highest) continue;
    winner = index;
    highest = score;
  }
  return winner;
}
