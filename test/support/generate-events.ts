/**
 * Generates random events of one shape, with the values that break things: empty lists, NaN, infinities, −0, subnormal and huge numbers,
 * and missing ones.
 */
import type { Cell, CellRecord, DTypes, EventMember, PlainEvent } from "./engine/in-memory-dataset.ts";
import type { Seeded } from "./seeded.ts";

type Make = (random: Seeded) => number | boolean | string;
interface Field {
  readonly make: Make;
  readonly dtype: "float32" | "float64" | "int32" | "uint32" | "bool" | "string";
  /** The value is missing in some events, where missing values are asked for. */
  readonly gaps?: true;
}

const strange = [
  0,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  5e-324,
  -1e-310,
  1e308,
  -1e200,
  2 ** 53,
  0.1,
  -1,
  1,
];
const smooth =
  (lower: number, upper: number): Make =>
  ({ fraction }) =>
    Math.fround(lower + fraction() * (upper - lower));
const wild: Make = (random) => (random.chance(0.3) ? random.pick(strange) : (random.fraction() - 0.4) * 10 ** random.below(5));
const whole =
  (lower: number, upper: number): Make =>
  ({ below }) =>
    lower + below(upper - lower);
const flag: Make = ({ chance }) => chance(0.5);

/** The strings of the events and of expressions. The last one is in no list of categories. */
export const words = ["mu", "e", "tau", "", "μ→eγ", "constructor", "in no list"];
const word: Field = { make: ({ pick }) => pick(words), dtype: "string" };

const f32 = (make: Make): Field => ({ make, dtype: "float32" });
const f64 = (make: Make): Field => ({ make, dtype: "float64" });
const gaps = (field: Field): Field => ({ ...field, gaps: true });
const pt = f32(smooth(1, 90));
const eta = f32(smooth(-3, 3));
const phi = f32(smooth(-3.1, 3.1));
const charge: Field = { make: ({ chance }) => (chance(0.5) ? 1 : -1), dtype: "int32" };
const momentum = f64(({ fraction }) => (fraction() - 0.5) * 60);
const cartesian = { px: momentum, py: momentum, pz: momentum, energy: f64(({ fraction }) => 20 + fraction() * 90) };

const scalars: Readonly<Record<string, Field>> = {
  x: gaps(f64(wild)),
  y: f32(smooth(-5, 5)),
  n: gaps({ make: whole(-4, 5), dtype: "int32" }),
  u: { make: (random) => (random.chance(0.2) ? 4294967295 : random.below(9)), dtype: "uint32" },
  flag: gaps({ make: flag, dtype: "bool" }),
  channel: word,
  trigger: gaps(word),
};
const records: Readonly<Record<string, Readonly<Record<string, Field>>>> = { MET: { pt, phi: gaps(phi) }, gen: cartesian };
const lists: Readonly<Record<string, Field>> = {
  hits: gaps(f64(wild)),
  marks: gaps({ make: flag, dtype: "bool" }),
  codes: { make: whole(0, 7), dtype: "uint32" },
  tags: gaps(word),
};
const collections: Readonly<Record<string, Readonly<Record<string, Field>>>> = {
  Muon: {
    pt,
    eta,
    phi,
    mass: gaps(f32(smooth(0, 2))),
    charge,
    good: gaps({ make: flag, dtype: "bool" }),
    jetIdx: { make: whole(-1, 4), dtype: "int32" },
    kind: gaps(word),
  },
  Electron: { pt, eta, phi, charge, kind: word },
  Jet: { pt, eta, phi, energy: f64(({ fraction }) => 100 + fraction() * 900), btag: gaps(f64(wild)) },
  Track: { ...cartesian, pz: gaps(momentum) },
};
/** Lists in the elements of collections: of values, or of records. */
const innerLists: Readonly<Record<string, Readonly<Record<string, Field | Readonly<Record<string, Field>>>>>> = {
  Jet: { cells: gaps(f64(wild)), parts: { pt, eta, phi, charge, jetIdx: { make: whole(-1, 4), dtype: "int32" }, kind: gaps(word) } },
};

/** Lists that are null in some events, where missing values are asked for. */
const nullableLists = ["Muon", "Jet", "hits", "Jet[].cells", "Jet[].parts"];

const isField = (of: Field | Readonly<Record<string, Field>>): of is Field => "make" in of;

/** Every event also has its number, `entry`. With `missing`, one in five of the values that may be missing is missing, and one in eight of such lists null. */
export function generateEvents(random: Seeded, count: number, missing: boolean): readonly PlainEvent[] {
  const cell = ({ make, gaps: may }: Field): Cell => (missing && may && random.chance(0.2) ? null : make(random));
  const record = (fields: Readonly<Record<string, Field>>): CellRecord =>
    Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, cell(field)]));
  const inner = (name: string): CellRecord =>
    Object.fromEntries(
      Object.entries(innerLists[name] ?? {}).map(([field, of]) => [
        field,
        list(`${name}[].${field}`, (): EventMember => (isField(of) ? cell(of) : record(of))),
      ]),
    );
  const list = <Each>(path: string, make: () => Each): Each[] | null =>
    missing && nullableLists.includes(path) && random.chance(0.125)
      ? null
      : Array.from({ length: random.chance(0.25) ? 0 : 1 + random.below(4) }, make);
  const each = <Fields, Made>(table: Readonly<Record<string, Fields>>, make: (fields: Fields) => Made) =>
    Object.entries(table).map(([name, fields]): [string, Made] => [name, make(fields)]);
  return Array.from({ length: count }, (_, entry) =>
    Object.fromEntries<PlainEvent[string]>([
      ["entry", entry],
      ...each(scalars, cell),
      ...each(records, record),
      ...Object.entries(lists).map(([name, field]): [string, EventMember] => [name, list(name, () => cell(field))]),
      ...Object.entries(collections).map(([name, fields]): [string, EventMember] => [
        name,
        list(name, () => ({ ...record(fields), ...inner(name) })),
      ]),
    ]),
  );
}

/** The types of all columns, whatever the events happen to hold. */
export function dtypesOf(missing: boolean): DTypes {
  const dtype = ({ dtype: own, gaps: may }: Field) => (missing && may ? (`${own}?` as const) : own);
  const members = (table: typeof records, owner: (name: string) => string) =>
    Object.entries(table).flatMap(([name, fields]) =>
      Object.entries(fields).map(([field, each]) => [`${owner(name)}.${field}`, dtype(each)] as const),
    );
  return Object.fromEntries([
    ...(missing ? nullableLists.map((path) => [path, "list?"] as const) : []),
    ...Object.entries(scalars).map(([name, field]) => [name, dtype(field)] as const),
    ...members(records, (name) => name),
    ...Object.entries(lists).map(([name, field]) => [`${name}[]`, dtype(field)] as const),
    ...members(collections, (name) => `${name}[]`),
    ...Object.entries(innerLists).flatMap(([name, lists]) =>
      Object.entries(lists).flatMap(([field, of]) =>
        isField(of) ? [[`${name}[].${field}[]`, dtype(of)] as const] : members({ [field]: of }, () => `${name}[].${field}[]`),
      ),
    ),
  ]);
}
