/** Damages files: flipped bits, cut ends, misplaced pieces, false numbers. */
import type { Seeded } from "../../support/seeded.ts";

export function damageBytes(bytes: Uint8Array, covered: readonly (readonly [number, number])[], random: Seeded): Uint8Array {
  const damaged = bytes.slice();
  switch (random.below(7)) {
    case 0:
      return damaged.subarray(0, random.below(bytes.length));
    case 1: {
      const length = 1 + random.below(Math.min(200, bytes.length));
      const [from, to] = [random.below(bytes.length - length + 1), random.below(bytes.length - length + 1)];
      damaged.copyWithin(to, from, from + length);
      return damaged;
    }
    case 2: {
      const at = random.below(bytes.length);
      const piece = Uint8Array.from({ length: random.below(9) }, () => random.below(256));
      return Uint8Array.from([...damaged.subarray(0, at), ...piece, ...damaged.subarray(at + random.below(9))]);
    }
    case 3: {
      // The end of the file is its footer: lengths, counts, offsets and types stand there, small ones in one byte, large ones in several.
      const at = Math.max(0, bytes.length - 1 - random.below(Math.min(bytes.length, 400)));
      for (let byte = 0; byte < 1 + random.below(6) && at + byte < bytes.length; byte++)
        damaged[at + byte] = random.pick([0, 1, 2, 127, 128, 255]);
      return damaged;
    }
    case 4: {
      if (covered.length === 0) break;
      const [start, end] = random.pick(covered);
      if (start === end) break;
      for (let times = 0; times < 1 + random.below(3); times++) damaged[start + random.below(end - start)]! ^= 1 << random.below(8);
      return damaged;
    }
    default:
      break;
  }
  for (let times = 0; times < 1 + random.below(3); times++) damaged[random.below(bytes.length)]! ^= 1 << random.below(8);
  return damaged;
}
