/** Makes random choices that are the same for the same seed on every host. */
export interface Seeded {
  /** A number in [0, 1). */
  fraction(): number;
  /** A whole number in [0, count). */
  below(count: number): number;
  chance(probability: number): boolean;
  pick<Value>(values: readonly Value[]): Value;
}

export function seeded(seed: number): Seeded {
  let state = seed | 0;
  const fraction = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  const below = (count: number) => Math.floor(fraction() * count);
  return { fraction, below, chance: (probability) => fraction() < probability, pick: (values) => values[below(values.length)] };
}

/** Returns the seed in FEMTOQ_TEST_SEED if that is set, otherwise the given one. */
export const seedOr = (seed: number): number => Number(process.env.FEMTOQ_TEST_SEED ?? seed);
