/** The kinds of values that generated expressions have: which fields records have, and the elements of lists and tuples. */
export type Element =
  | { readonly kind: "number" | "boolean" | "string" }
  | { readonly kind: "record"; readonly record: RecordKind }
  | { readonly kind: "tuple"; readonly members: readonly Element[] }
  | { readonly kind: "list"; readonly element: Element };

export interface RecordKind {
  readonly numbers: readonly string[];
  readonly booleans: readonly string[];
  readonly strings?: readonly string[];
  /** The elements of its lists, by field. */
  readonly lists?: Readonly<Record<string, Element>>;
  /** Whether it is a four-vector. */
  readonly vector: boolean;
  /** The collection it is an element of. */
  readonly origin?: string;
}

const components = ["pt", "eta", "phi", "mass", "energy", "px", "py", "pz", "p", "rapidity", "mt"];
const cartesian = { numbers: ["px", "py", "pz", "energy"], booleans: [], vector: true } as const;

const parts: RecordKind = {
  numbers: ["pt", "eta", "phi", "charge", "jetIdx"],
  booleans: [],
  strings: ["kind"],
  vector: true,
  origin: "Jet.parts",
};
const kinds: Readonly<Record<string, RecordKind>> = {
  Muon: { numbers: ["pt", "eta", "phi", "mass", "charge", "jetIdx"], booleans: ["good"], strings: ["kind"], vector: true, origin: "Muon" },
  Electron: { numbers: ["pt", "eta", "phi", "charge"], booleans: [], strings: ["kind"], vector: true, origin: "Electron" },
  Jet: {
    numbers: ["pt", "eta", "phi", "energy", "btag"],
    booleans: [],
    lists: { cells: { kind: "number" }, parts: { kind: "record", record: parts } },
    vector: true,
    origin: "Jet",
  },
  Track: { ...cartesian, origin: "Track" },
  MET: { numbers: ["pt", "phi"], booleans: [], vector: false },
  gen: cartesian,
};

export const collections = ["Muon", "Electron", "Jet", "Track"] as const;
export const fieldNames: readonly string[] = [
  ...new Set([
    ...Object.values(kinds).flatMap(({ numbers, booleans, strings = [] }) => [...numbers, ...booleans, ...strings]),
    ...components,
    "extra",
    "isExtra",
    "name",
    "near",
    "cells",
    "parts",
  ]),
];
export const kindOf = (name: string): RecordKind => kinds[name];
export const sumKind: RecordKind = cartesian;

export function numbersOf({ numbers, vector }: RecordKind): readonly string[] {
  return [...new Set([...numbers, ...(vector ? components : [])])];
}

/** The kind of a record that is one of two: it has the fields that both have, except lists of different kinds. */
export function chosenKind(a: RecordKind, b: RecordKind): RecordKind | undefined {
  const both = (left: readonly string[], right: readonly string[]) => left.filter((name) => right.includes(name));
  const numbers = both(numbersOf(a), numbersOf(b));
  return numbers.length === 0
    ? undefined
    : {
        numbers,
        booleans: both(a.booleans, b.booleans),
        strings: both(a.strings ?? [], b.strings ?? []),
        lists: Object.fromEntries(Object.entries(a.lists ?? {}).filter(([name, element]) => isAlike(element, b.lists?.[name]))),
        vector: a.vector && b.vector,
        ...(a.origin !== undefined && b.origin !== undefined && { origin: `${a.origin} or ${b.origin}` }),
      };
}

const isAlike = (a: Element, b: Element | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);
