/**
 * Which node data belong to while nobody holds them: rendezvous hashing. Every node that knows the same nodes names the same one; each gets a share
 * by its weight; a node that joins takes its share from all alike, and one that leaves gives its own to all alike: nothing else moves.
 */

export interface Weighted {
  /** Of the node's name: `hashText`. */
  readonly seed: number;
  /** Above 0: twice the weight, twice the share. */
  readonly weight: number;
}

/** 32 bits. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return mix(hash);
}

/** Every bit of the number decides over every bit of the answer. */
export function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Above 0; the highest wins. */
export function scoreOf(item: number, { seed, weight }: Weighted): number {
  return -weight / Math.log((mix(item ^ seed) + 0.5) / 2 ** 32);
}

/** The index of the winner; −1 where there is nobody. */
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
