/**
 * The records of the tests' references: plain objects that also have the components of a four-vector. A component is missing (undefined) if a field is from
 * which it is computed.
 */
import { asinh, functionsOfOne, numberFunctions, wrapAngle } from "./reference-functions.ts";

export type RecordFields = Readonly<Record<string, number | boolean | string | undefined>>;
export type ReferenceRecord = RecordFields;

const { sqrt, sin, cos, sinh, cosh, log, abs } = functionsOfOne;
const { atan2 } = numberFunctions;
const signedRoot = (x: number): number => (x < 0 || Object.is(x, -0) ? -sqrt(abs(x)) : sqrt(x));

/** The fields from which a component is computed, and how. */
type Formula = readonly [from: readonly string[], compute: (...values: readonly number[]) => number];

const fromEnergy: Readonly<Record<string, Formula>> = {
  rapidity: [["energy", "pz"], (energy, pz) => 0.5 * log((energy + pz) / (energy - pz))],
  mt: [["energy", "pz"], (energy, pz) => signedRoot((energy - pz) * (energy + pz))],
};
const cartesian: Readonly<Record<string, Formula>> = {
  pt: [["px", "py"], (px, py) => sqrt(px * px + py * py)],
  p: [["px", "py", "pz"], (px, py, pz) => sqrt(px * px + py * py + pz * pz)],
  phi: [["py", "px"], atan2],
  eta: [["pz", "pt"], (pz, pt) => asinh(pz / pt)],
  mass: [["energy", "px", "py", "pz"], (energy, px, py, pz) => signedRoot(energy * energy - px * px - py * py - pz * pz)],
  ...fromEnergy,
};
const polar: Readonly<Record<string, Formula>> = {
  px: [["pt", "phi"], (pt, phi) => pt * cos(phi)],
  py: [["pt", "phi"], (pt, phi) => pt * sin(phi)],
  pz: [["pt", "eta"], (pt, eta) => pt * sinh(eta)],
  p: [["pt", "eta"], (pt, eta) => pt * cosh(eta)],
  energy: [["pt", "eta", "mass"], (pt, eta, mass) => sqrt(pt * pt * (1 + sinh(eta) * sinh(eta)) + mass * mass)],
  mass: [["energy", "pt", "eta"], (energy, pt, eta) => signedRoot(energy * energy - pt * pt * (1 + sinh(eta) * sinh(eta)))],
};
const withMass: Readonly<Record<string, Formula>> = {
  ...polar,
  rapidity: [["pz", "mt"], (pz, mt) => asinh(pz / mt)],
  mt: [["pt", "mass"], (pt, mass) => sqrt(pt * pt + mass * mass)],
};
const massless: Readonly<Record<string, Formula>> = {
  ...polar,
  rapidity: [["eta"], (eta) => eta],
  mt: [["pt"], abs],
  mass: [[], () => 0],
};

const isCartesian = (fields: RecordFields): boolean => ["px", "py", "pz", "energy"].every((name) => name in fields);
const isPolar = (fields: RecordFields): boolean => ["pt", "eta", "phi"].every((name) => name in fields);

export function makeRecord(fields: RecordFields): ReferenceRecord {
  const record = { ...fields };
  const ofPolar = "energy" in fields ? { ...polar, ...fromEnergy } : "mass" in fields ? withMass : massless;
  const formulas = isCartesian(fields) ? cartesian : isPolar(fields) ? ofPolar : {};
  for (const [name, [from, compute]] of Object.entries(formulas)) {
    if (name in fields) continue;
    const get = (): number | undefined => {
      const values = from.map((each) => record[each]);
      return values.includes(undefined) ? undefined : compute(...(values as number[]));
    };
    Object.defineProperty(record, name, { get, enumerable: false });
  }
  return record;
}

/** The four-vector sum. */
export function addRecords(a: ReferenceRecord, b: ReferenceRecord): ReferenceRecord {
  const sum = (name: string): number | undefined => {
    const [left, right] = [a[name], b[name]];
    return left === undefined || right === undefined ? undefined : Number(left) + Number(right);
  };
  return makeRecord({ px: sum("px"), py: sum("py"), pz: sum("pz"), energy: sum("energy") });
}

/** The four-vector sum of all, of each component those that are there. */
export function totalOf(vectors: readonly (ReferenceRecord | undefined)[]): ReferenceRecord {
  const total = (name: string): number => vectors.reduce((sum, vector) => sum + Number(vector?.[name] ?? 0), 0);
  return makeRecord({ px: total("px"), py: total("py"), pz: total("pz"), energy: total("energy") });
}

/** Differences of records, or of numbers; missing where either is. */
export const differences: Readonly<Record<string, (a: unknown, b: unknown) => number | undefined>> = {
  deltaeta: (a, b) => difference("eta", a, b),
  deltaphi: (a, b) => angle(a, b),
  deltaR(a, b) {
    const [eta, phi] = [difference("eta", a, b), angle(a, b)];
    return eta === undefined || phi === undefined ? undefined : sqrt(eta * eta + phi * phi);
  },
};

function angle(a: unknown, b: unknown): number | undefined {
  const apart = difference("phi", a, b);
  return apart === undefined ? undefined : wrapAngle(apart);
}

function difference(name: string, ...sides: readonly unknown[]): number | undefined {
  const [a, b] = sides.map((side) => (typeof side === "object" && side !== null ? (side as ReferenceRecord)[name] : side));
  return typeof a === "number" && typeof b === "number" ? a - b : undefined;
}
