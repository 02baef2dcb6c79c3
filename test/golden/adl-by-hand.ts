/** ADL queries 6-2, 7 and 8 by hand, over objects, after their descriptions: they share nothing with the engine. Energies in GeV. */
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";

interface Particle {
  readonly pt: number;
  readonly eta: number;
  readonly phi: number;
  readonly mass: number;
  readonly charge: number;
  readonly btag: number;
}
interface Event {
  readonly MET: { readonly pt: number; readonly phi: number };
  readonly Muon: readonly Particle[];
  readonly Electron: readonly Particle[];
  readonly Jet: readonly Particle[];
}

/** The file has one column for each quantity. */
export async function readEvents(path: string): Promise<readonly Event[]> {
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path) });
  return rows.map((row) => {
    const list = (name: string): Particle[] => {
      const columns = Object.keys(row).filter((column) => column.startsWith(`${name}_`));
      const at = (index: number) =>
        Object.fromEntries(columns.map((column) => [column.slice(name.length + 1), Number(row[column][index])]));
      return Array.from({ length: row[`${name}_pt`].length }, (_, index) => at(index) as unknown as Particle);
    };
    return { MET: { pt: row.MET_pt, phi: row.MET_phi }, Muon: list("Muon"), Electron: list("Electron"), Jet: list("Jet") };
  });
}

const deltaphi = (a: number, b: number): number => Math.atan2(Math.sin(a - b), Math.cos(a - b));

function invariantMass(...particles: readonly Particle[]): number {
  const sum = (of: (particle: Particle) => number) => particles.reduce((total, each) => total + of(each), 0);
  const pz = ({ pt, eta }: Particle) => pt * Math.sinh(eta);
  const energy = sum((each) => Math.hypot(each.pt, pz(each), each.mass));
  const momentum = Math.hypot(
    sum(({ pt, phi }) => pt * Math.cos(phi)),
    sum(({ pt, phi }) => pt * Math.sin(phi)),
    sum(pz),
  );
  return Math.sqrt(Math.max(0, energy ** 2 - momentum ** 2));
}

/** The first of those that give the least. */
function best<Each>(all: readonly Each[], distance: (each: Each) => number): Each | undefined {
  return all.reduce<Each | undefined>((sofar, each) => (sofar === undefined || distance(each) < distance(sofar) ? each : sofar), undefined);
}

function choose<Each>(all: readonly Each[], count: number): readonly (readonly Each[])[] {
  if (count === 0) return [[]];
  return all.flatMap((first, index) => choose(all.slice(index + 1), count - 1).map((rest) => [first, ...rest]));
}

/** The value that each event fills; undefined for events that fill nothing. */
export const byHand: Readonly<Record<"6-2" | "7" | "8", (event: Event) => number | undefined>> = {
  "6-2"({ Jet }) {
    const trijet = best(choose(Jet, 3), (jets) => Math.abs(invariantMass(...jets) - 172.5));
    return trijet && Math.max(...trijet.map(({ btag }) => btag));
  },
  "7"({ Jet, Muon, Electron }) {
    const leptons = [...Muon, ...Electron].filter(({ pt }) => pt > 10);
    const isApart = (jet: Particle) => !leptons.some(({ eta, phi }) => Math.hypot(jet.eta - eta, deltaphi(jet.phi, phi)) < 0.4);
    const jets = Jet.filter((jet) => jet.pt > 30 && isApart(jet));
    return jets.length > 0 ? jets.reduce((sum, { pt }) => sum + pt, 0) : undefined;
  },
  "8"({ Muon, Electron, MET }) {
    const leptons = [...Muon, ...Electron];
    if (leptons.length < 3) return undefined;
    const pairs = [Muon, Electron].flatMap((same) => choose(same, 2)).filter(([a, b]) => a!.charge !== b!.charge);
    const pair = best(pairs, (two) => Math.abs(invariantMass(...two) - 91.2));
    const lead =
      pair &&
      best(
        leptons.filter((lepton) => !pair.includes(lepton)),
        ({ pt }) => -pt,
      );
    return lead && Math.sqrt(2 * lead.pt * MET.pt * (1 - Math.cos(deltaphi(MET.phi, lead.phi))));
  },
};
