/** A pair of muons from a mass: produced, decayed, measured. Momenta in GeV, angles in radians. */
import { muonMass } from "./dimuon-mass.ts";
import { angleOf, cosine, exponential, logarithm, sine } from "./portable-functions.ts";
import type { Random } from "./random.ts";

export interface Muon {
  readonly pt: number;
  readonly eta: number;
  readonly phi: number;
}

/** What the detector sees of muons. */
const lowestPt = 3;
const largestEta = 2.4;

/** Both muons within acceptance; draws production and decay anew until they are. */
export function drawPair(random: Random, mass: number): readonly [Muon, Muon] {
  for (;;) {
    const pt = drawPairPt(random, mass);
    const boost = {
      pt,
      transverse: Math.sqrt(mass * mass + pt * pt),
      rapidity: random.between(-2.4, 2.4),
      phi: random.between(-Math.PI, Math.PI),
    };
    const momentum = Math.sqrt((mass * mass) / 4 - muonMass * muonMass);
    const cosTheta = random.between(-1, 1);
    const across = momentum * Math.sqrt(1 - cosTheta * cosTheta);
    const azimuth = random.between(-Math.PI, Math.PI);
    const decay = { x: across * cosine(azimuth), y: across * sine(azimuth), z: momentum * cosTheta };
    const first = measure(random, boosted(decay, mass, boost));
    const second = measure(random, boosted({ x: -decay.x, y: -decay.y, z: -decay.z }, mass, boost));
    if (isAccepted(first) && isAccepted(second)) return [first, second];
  }
}

/** A muon that belongs to no pair. */
export function drawLoneMuon(random: Random, meanPt: number): Muon {
  return {
    pt: lowestPt + meanPt * random.exponential(),
    eta: random.between(-largestEta, largestEta),
    phi: random.between(-Math.PI, Math.PI),
  };
}

/** Light pairs must be fast for both muons to be seen; every spectrum has a harder tail. */
function drawPairPt(random: Random, mass: number): number {
  const slowest = Math.max(0, 7 - 0.7 * mass);
  const scale = (4 + 0.08 * mass) * (random.uniform() < 0.15 ? 4 : 1);
  return slowest + scale * random.exponential();
}

interface Vector {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

interface Boost {
  readonly pt: number;
  /** Transverse mass of the pair. */
  readonly transverse: number;
  readonly rapidity: number;
  readonly phi: number;
}

/** From the pair's rest frame: first across the beam, then along it, then around it. */
function boosted({ x, y, z }: Vector, mass: number, { pt, transverse, rapidity, phi }: Boost): Muon {
  const energy = (transverse * mass * 0.5 + pt * x) / mass;
  const along = (transverse * x + pt * mass * 0.5) / mass;
  const up = exponential(rapidity);
  const pz = 0.5 * ((up + 1 / up) * z + (up - 1 / up) * energy);
  const muonPt = Math.sqrt(along * along + y * y);
  const p = Math.sqrt(muonPt * muonPt + pz * pz);
  const absoluteEta = logarithm((p + Math.abs(pz)) / muonPt);
  return { pt: muonPt, eta: pz < 0 ? -absoluteEta : absoluteEta, phi: wrap(phi + angleOf(along, y)) };
}

function measure(random: Random, { pt, eta, phi }: Muon): Muon {
  return {
    pt: pt * (1 + (0.006 + 0.0001 * pt) * random.gauss()),
    eta: eta + 0.0003 * random.gauss(),
    phi: wrap(phi + 0.0003 * random.gauss()),
  };
}

function isAccepted({ pt, eta }: Muon): boolean {
  return pt > lowestPt && Math.abs(eta) < largestEta;
}

function wrap(phi: number): number {
  if (phi > Math.PI) return phi - 2 * Math.PI;
  return phi < -Math.PI ? phi + 2 * Math.PI : phi;
}
