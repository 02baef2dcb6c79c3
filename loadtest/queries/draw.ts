/** Numbers that look random and are the same for the same seed, index and place: generators keep no state. */

/** An integer in [0, bound), bound ≤ 2^32. */
export function draw(bound: number, ...from: readonly number[]): number {
  let mixed = 0x9e3779b9;
  for (const each of from) {
    mixed = Math.imul(mixed ^ each ^ (each / 2 ** 32), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    mixed ^= mixed >>> 16;
  }
  return Math.floor(((mixed >>> 0) / 2 ** 32) * bound);
}
