/** Counts the references from the demo's events with plain loops; neither the engine nor files take part. It takes seconds. */
import { type DemoEvents, generateEvents } from "../../datasets/demo/generate-events.ts";
import { demoEntries, demoFiles, demoSeed } from "../../datasets/demo/write-demo-file.ts";
import { cuts, gapAxis, massAxis, type References, type Selection, type Spectrum, sumAxis } from "./references.ts";

/** Must be raised when the counts made here or the demo's generator change; references of another edition are made anew. */
export const referencesEdition = "1";

interface Column {
  readonly value: string;
  readonly lower: number;
  readonly width: number;
  readonly bins: number;
  readonly of: (events: DemoEvents) => Float32Array;
}

const columns: readonly Column[] = [
  { value: "MET.pt", lower: 0, width: 0.125, bins: 1024, of: (events) => events.metPt },
  { value: "MET.phi", lower: -4, width: 1 / 128, bins: 1024, of: (events) => events.metPhi },
  { value: "Muon.pt", lower: 0, width: 0.125, bins: 1024, of: (events) => events.muonPt },
  { value: "Muon.eta", lower: -4, width: 1 / 128, bins: 1024, of: (events) => events.muonEta },
  { value: "Jet.pt", lower: 0, width: 0.5, bins: 1024, of: (events) => events.jetPt },
  { value: "Jet.eta", lower: -8, width: 1 / 64, bins: 1024, of: (events) => events.jetEta },
];

/** @param files How many files of the demo to count; tests take few. */
export function makeReferences(files = demoFiles): References {
  const spectra = columns.map(({ bins }) => new Array<number>(bins + 2).fill(0));
  const slices = [...cuts, Number.POSITIVE_INFINITY].map(() => new Slice());
  let entries = 0;
  for (let file = 0; file < files; file++) {
    const events = generateEvents(demoSeed + file, demoEntries / demoFiles);
    entries += events.metPt.length;
    for (const [index, column] of columns.entries()) countInto(spectra[index]!, column, column.of(events));
    for (let entry = 0; entry < events.metPt.length; entry++) {
      const met = events.metPt[entry]!;
      slices[Math.min(cuts.length, Math.max(0, Math.floor(met) - cuts[0]! + 1))]!.add(events, entry);
    }
  }
  const sum = new Slice();
  const selections: Selection[] = [];
  for (const [index, cut] of cuts.entries()) {
    sum.merge(slices[index]!);
    selections.push(sum.select(cut));
  }
  sum.merge(slices.at(-1)!);
  return {
    edition: referencesEdition,
    entries,
    weight: sum.select(Number.POSITIVE_INFINITY).weight,
    spectra: columns.map(({ value, lower, width }, index): Spectrum => ({ value, lower, width, counts: spectra[index]! })),
    selections,
  };
}

function countInto(counts: number[], { lower, width, bins }: Column, values: Float32Array): void {
  for (const value of values) {
    const bin = Math.floor((value - lower) / width);
    const place = Math.min(bins, Math.max(-1, bin)) + 1;
    counts[place] = counts[place]! + 1;
  }
}

/** Counts over the events of a range of MET. */
class Slice {
  #events = 0;
  #weight = 0;
  readonly #mass = new Array<number>(massAxis.bins + 2).fill(0);
  readonly #massWeights = new Array<number>(massAxis.bins + 2).fill(0);
  readonly #massVariances = new Array<number>(massAxis.bins + 2).fill(0);
  readonly #sum = new Array<number>(sumAxis.bins + 2).fill(0);
  readonly #gap = new Array<number>(gapAxis.bins + 2).fill(0);

  add(events: DemoEvents, entry: number): void {
    const weight = events.genWeight[entry]!;
    this.#events += 1;
    this.#weight += weight;
    const { muonOffsets, muonCharge, jetOffsets, jetPt, jetEta } = events;
    const lastMuon = muonOffsets[entry + 1]!;
    for (let a = muonOffsets[entry]!; a < lastMuon; a++) {
      for (let b = a + 1; b < lastMuon; b++) {
        if (muonCharge[a] === muonCharge[b]) continue;
        const place = findPlace(massAxis, pairMass(events, a, b));
        this.#mass[place] = this.#mass[place]! + 1;
        this.#massWeights[place] = this.#massWeights[place]! + weight;
        this.#massVariances[place] = this.#massVariances[place]! + weight * weight;
      }
    }
    const lastJet = jetOffsets[entry + 1]!;
    for (let a = jetOffsets[entry]!; a < lastJet; a++) {
      for (let b = a + 1; b < lastJet; b++) {
        const sum = findPlace(sumAxis, jetPt[a]! + jetPt[b]!);
        this.#sum[sum] = this.#sum[sum]! + 1;
        const gap = findPlace(gapAxis, Math.abs(jetEta[a]! - jetEta[b]!));
        this.#gap[gap] = this.#gap[gap]! + 1;
      }
    }
  }

  merge(other: Slice): void {
    this.#events += other.#events;
    this.#weight += other.#weight;
    addTo(this.#massWeights, other.#massWeights);
    addTo(this.#massVariances, other.#massVariances);
    addTo(this.#mass, other.#mass);
    addTo(this.#sum, other.#sum);
    addTo(this.#gap, other.#gap);
  }

  select(cut: number): Selection {
    return {
      cut,
      events: this.#events,
      weight: this.#weight,
      mass: [...this.#mass],
      massWeights: [...this.#massWeights],
      massVariances: [...this.#massVariances],
      sum: [...this.#sum],
      gap: [...this.#gap],
    };
  }
}

function addTo(sums: number[], counts: readonly number[]): void {
  for (const [place, count] of counts.entries()) sums[place] = sums[place]! + count;
}

function findPlace(
  { bins, lower, width }: { readonly bins: number; readonly lower: number; readonly width: number },
  value: number,
): number {
  return Math.min(bins, Math.max(-1, Math.floor((value - lower) / width))) + 1;
}

/** The mass of two muons in GeV. Its last bits may differ from the engine's: no mass of the million is so near to a bin's edge that this matters. */
function pairMass({ muonPt, muonEta, muonPhi, muonMass }: DemoEvents, a: number, b: number): number {
  const vector = (index: number) => {
    const pt = muonPt[index]!;
    const mass = muonMass[index]!;
    const pz = pt * Math.sinh(muonEta[index]!);
    return {
      px: pt * Math.cos(muonPhi[index]!),
      py: pt * Math.sin(muonPhi[index]!),
      pz,
      energy: Math.sqrt(pt * pt + pz * pz + mass * mass),
    };
  };
  const first = vector(a);
  const second = vector(b);
  const energy = first.energy + second.energy;
  const px = first.px + second.px;
  const py = first.py + second.py;
  const pz = first.pz + second.pz;
  return Math.sqrt(energy * energy - px * px - py * py - pz * pz);
}
