/**
 * Masses of the demo's muon pairs, in GeV: the resonances that every physicist knows, on a falling continuum. Masses and widths
 * are those of the Particle Data Group; the fractions are chosen for the eye.
 */
import type { Random } from "./random.ts";

export const muonMass = 0.1056583745;

interface Resonance {
  readonly mass: number;
  readonly width: number;
  /** Share of all pairs. */
  readonly share: number;
}

const resonances: readonly Resonance[] = [
  { mass: 0.77526, width: 0.1491, share: 0.02 },
  { mass: 0.78266, width: 0.0087, share: 0.006 },
  { mass: 1.01946, width: 0.0043, share: 0.01 },
  { mass: 3.0969, width: 9.3e-5, share: 0.07 },
  { mass: 3.6861, width: 2.9e-4, share: 0.004 },
  { mass: 9.4604, width: 5.4e-5, share: 0.014 },
  { mass: 10.0234, width: 3.2e-5, share: 0.005 },
  { mass: 10.3551, width: 2e-5, share: 0.0035 },
  { mass: 91.188, width: 2.495, share: 0.12 },
];

const lowest = 2.2 * muonMass;
const highest = 400;
const continuumPower = 1.7;

export function drawResonance(random: Random): number | undefined {
  let choice = random.uniform();
  for (const { mass, width, share } of resonances) {
    choice -= share;
    if (choice < 0) return drawLine(random, mass, width);
  }
  return undefined;
}

export function drawContinuum(random: Random): number {
  return random.powerLaw(lowest, highest, continuumPower);
}

/** Breit–Wigner, cut at 20 widths and to masses that can decay. */
function drawLine(random: Random, mass: number, width: number): number {
  for (;;) {
    const offset = random.breitWigner();
    const drawn = mass + width * offset;
    if (Math.abs(offset) < 20 && drawn > lowest) return drawn;
  }
}
