/**
 * Events of the demo: mostly two muons of opposite charge whose mass is a resonance or the continuum, jets, missing energy, a weight.
 * The same seed gives the same bits on every host. Plausible, not physics: no correlations beyond the pair's kinematics.
 */
import { drawContinuum, drawResonance, muonMass } from "./dimuon-mass.ts";
import { drawLoneMuon, drawPair, type Muon } from "./muon-pair.ts";
import { Random } from "./random.ts";

const mostMuons = 4;
const mostJets = 12;
const meanJets = 2.4;

interface ChargedMuon extends Muon {
  readonly charge: 1 | -1;
}

/** Flat content; a collection's columns share its offsets (entries + 1 of them). pt, mass and MET in GeV, angles in radians. */
export interface DemoEvents {
  readonly muonOffsets: Uint32Array;
  readonly muonPt: Float32Array;
  readonly muonEta: Float32Array;
  readonly muonPhi: Float32Array;
  readonly muonMass: Float32Array;
  readonly muonCharge: Int32Array;
  readonly jetOffsets: Uint32Array;
  readonly jetPt: Float32Array;
  readonly jetEta: Float32Array;
  readonly metPt: Float32Array;
  readonly metPhi: Float32Array;
  readonly genWeight: Float32Array;
}

export function generateEvents(seed: number, entries: number): DemoEvents {
  const random = new Random(seed);
  const muonOffsets = new Uint32Array(entries + 1);
  const jetOffsets = new Uint32Array(entries + 1);
  const muon = { pt: floats(entries * mostMuons), eta: floats(entries * mostMuons), phi: floats(entries * mostMuons) };
  const charge = new Int32Array(entries * mostMuons);
  const jet = { pt: floats(entries * mostJets), eta: floats(entries * mostJets) };
  const met = { pt: floats(entries), phi: floats(entries) };
  const genWeight = floats(entries);
  let muons = 0;
  let jets = 0;
  for (let entry = 0; entry < entries; entry++) {
    const drawn = drawMuons(random);
    for (const { pt, eta, phi, charge: sign } of drawn) {
      muon.pt[muons] = pt;
      muon.eta[muons] = eta;
      muon.phi[muons] = phi;
      charge[muons++] = sign;
    }
    muonOffsets[entry + 1] = muons;
    const first = jets;
    const most = first + drawJetCount(random);
    while (jets < most) insertFalling(jet.pt, first, jets++, random.powerLaw(20, 1500, 3.8));
    for (let index = first; index < jets; index++) jet.eta[index] = drawJetEta(random);
    jetOffsets[entry + 1] = jets;
    const neutrino = drawn.length === 1 ? 25 : 0;
    met.pt[entry] = neutrino + 11 * (random.exponential() + random.exponential());
    met.phi[entry] = random.between(-Math.PI, Math.PI);
    genWeight[entry] = (random.uniform() < 0.03 ? -1 : 1) * (1 + 0.05 * random.gauss());
  }
  return {
    muonOffsets,
    muonPt: muon.pt.subarray(0, muons),
    muonEta: muon.eta.subarray(0, muons),
    muonPhi: muon.phi.subarray(0, muons),
    muonMass: floats(muons).fill(muonMass),
    muonCharge: charge.subarray(0, muons),
    jetOffsets,
    jetPt: jet.pt.subarray(0, jets),
    jetEta: jet.eta.subarray(0, jets),
    metPt: met.pt,
    metPhi: met.phi,
    genWeight,
  };
}

/**
 * Falling pt. 86 % a pair, 6 % a lone muon as from a W, 6 % a pair and another, 2 % a pair and two others; of the continuum's pairs 8 % have
 * equal charges.
 */
function drawMuons(random: Random): ChargedMuon[] {
  const kind = random.uniform();
  const sign = random.sign();
  if (kind < 0.06) return [{ ...drawLoneMuon(random, 28), charge: sign }];
  const resonance = drawResonance(random);
  const equal = resonance === undefined && random.uniform() < 0.08;
  const [first, second] = drawPair(random, resonance ?? drawContinuum(random));
  const muons: ChargedMuon[] = [
    { ...first, charge: sign },
    { ...second, charge: equal ? sign : sign === 1 ? -1 : 1 },
  ];
  const others = kind < 0.92 ? 0 : kind < 0.98 ? 1 : 2;
  for (let other = 0; other < others; other++) muons.push({ ...drawLoneMuon(random, 5), charge: random.sign() });
  return muons.sort((a, b) => b.pt - a.pt);
}

/** Poisson, by waiting times. */
function drawJetCount(random: Random): number {
  let count = 0;
  for (let time = random.exponential(); time < meanJets && count < mostJets; time += random.exponential()) count++;
  return count;
}

function drawJetEta(random: Random): number {
  for (;;) {
    const eta = 2 * random.gauss();
    if (Math.abs(eta) < 4.7) return eta;
  }
}

/** Puts `value` into its place among the falling values [first, end), which become one longer. */
function insertFalling(values: Float32Array, first: number, end: number, value: number): void {
  let place = end;
  for (; place > first && values[place - 1]! < value; place--) values[place] = values[place - 1]!;
  values[place] = value;
}

function floats(length: number): Float32Array<ArrayBuffer> {
  return new Float32Array(length);
}
