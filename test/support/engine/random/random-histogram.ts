/**
 * Random histograms over the events of `generateEvents`: any axes, any storage, values and weights that miss some values or are not
 * finite. Each value has its text for a query and its plain JavaScript.
 */
import type { StorageName } from "../../../../engine/storages/storages.ts";
import { words } from "../../generate-events.ts";
import type { Seeded } from "../../seeded.ts";
import type { PlainEvent } from "../in-memory-dataset.ts";
import { axisCells, cellOf, type PlainAxis } from "./plain-histogram.ts";

export type PlainCell = number | boolean | string | null | undefined;

export interface PlainValue {
  readonly text: string;
  of(event: PlainEvent): PlainCell | readonly PlainCell[];
}

export interface PlainHistogram {
  readonly axes: readonly { readonly axis: PlainAxis; readonly value: PlainValue }[];
  readonly weight?: PlainValue;
  readonly sample?: PlainValue;
  readonly storage?: StorageName;
}

type Cells = readonly PlainCell[];
type Members = readonly Readonly<Record<string, PlainCell>>[];

const scalar = (name: string): PlainValue => ({ text: name, of: (event) => event[name] as PlainCell });
/** A null list is an empty one. */
const list = (name: string): PlainValue => ({ text: name, of: (event) => (event[name] ?? []) as Cells });
const computed = (text: string, { of }: PlainValue, compute: (x: number) => PlainCell): PlainValue => ({
  text,
  of: (event) => (of(event) === null ? null : compute(of(event) as number)),
});
const mapped = (text: string, name: string, compute: (x: number) => PlainCell): PlainValue => ({
  text,
  of: (event) => ((event[name] ?? []) as Cells).map((x) => (x === null ? null : compute(x as number))),
});
const field = (collection: string, name: string): PlainValue => ({
  text: `${collection}.${name}`,
  of: (event) => ((event[collection] ?? []) as Members).map((record) => record[name]),
});

interface Choice {
  readonly numbers: readonly PlainValue[];
  readonly booleans: readonly PlainValue[];
  readonly strings?: readonly PlainValue[];
}

const x = scalar("x");
const n = scalar("n");
const eitherTrigger: PlainValue = { text: "trigger ?? channel", of: ({ trigger, channel }) => (trigger ?? channel) as PlainCell };
const scalars: Choice = {
  numbers: [x, scalar("y"), n, scalar("u"), computed("x * 3", x, (value) => value * 3), computed("n / 2", n, (value) => value / 2)],
  booleans: [scalar("flag"), computed("x > 1", x, (value) => value > 1)],
  strings: [scalar("channel"), scalar("trigger"), eitherTrigger],
};
/** The choices by the list from which they are derived, since different lists cannot be filled together. */
const lists: readonly Choice[] = [
  {
    numbers: [list("hits"), mapped("hits.map(h => h + 1)", "hits", (h) => h + 1)],
    booleans: [mapped("hits.map(h => h < 1)", "hits", (h) => h < 1)],
  },
  { numbers: [], booleans: [list("marks"), mapped("marks.map(m => !m)", "marks", (m) => !m)] },
  { numbers: [], booleans: [], strings: [list("tags")] },
  { numbers: [list("codes")], booleans: [mapped("codes.map(c => c == 3)", "codes", (c) => c === 3)] },
  {
    numbers: ["pt", "eta", "phi", "mass", "charge", "jetIdx"].map((name) => field("Muon", name)),
    booleans: [field("Muon", "good")],
    strings: [field("Muon", "kind")],
  },
  { numbers: ["pt", "energy", "btag"].map((name) => field("Jet", name)), booleans: [] },
];

export function randomAxis(random: Seeded): PlainAxis {
  const lower = random.below(7) - 3;
  const width = random.pick([0.3, 1, 2, 6.4, 90]);
  switch (random.below(7)) {
    case 0:
      return { type: "regular", bins: 1 + random.below(12), lower, upper: lower + width };
    case 1:
      return { type: "regular", bins: 1 + random.below(12), lower, upper: lower + width, circular: true };
    case 2:
      return { type: "variable", edges: [lower, lower + width / 7, lower + width, lower + 5 * width].slice(0, 2 + random.below(3)) };
    case 3:
      return { type: "integer", lower, upper: lower + 1 + random.below(9) };
    case 4:
      return { type: "category", categories: [3, -1, 1, 0, 4294967295, 2, -4].slice(random.below(3), 3 + random.below(5)) };
    case 5:
      return { type: "category", categories: words.slice(random.below(3), 3 + random.below(5)).toReversed() };
    default:
      return { type: "boolean" };
  }
}

const isOfStrings = (axis: PlainAxis): boolean => axis.type === "category" && typeof axis.categories[0] === "string";

/** If one histogram would have more cells than this, its last axes are left out. */
const mostCells = 20_000;

export function randomHistogram(random: Seeded): PlainHistogram {
  const own = random.chance(0.6) ? random.pick(lists) : scalars;
  const pick = (kind: keyof Choice): PlainValue => {
    const ofOwn = own[kind] ?? [];
    return random.pick(ofOwn.length > 0 && random.chance(0.7) ? ofOwn : scalars[kind]!);
  };
  const axes: { axis: PlainAxis; value: PlainValue }[] = [];
  let cells = 1;
  for (let left = random.pick([0, 1, 1, 1, 1, 2, 2, 3, 4, 6]); left > 0; left--) {
    const axis = randomAxis(random);
    cells *= axisCells(axis);
    if (cells > mostCells) break;
    axes.push({
      axis,
      value: pick(isOfStrings(axis) ? "strings" : axis.type === "boolean" || random.chance(0.1) ? "booleans" : "numbers"),
    });
  }
  const weight = random.chance(0.5) ? pick("numbers") : undefined;
  const sample = random.chance(0.4) ? pick(random.chance(0.2) ? "booleans" : "numbers") : undefined;
  const storages = sample ? (["mean", "weighted_mean"] as const) : (["weighted"] as const);
  return { axes, ...(weight && { weight }), ...(sample && { sample }), ...(random.chance(0.3) && { storage: random.pick(storages) }) };
}

/** Writes a histogram as it stands in a query. */
export const writeHistogram = ({ axes, weight, sample, storage }: PlainHistogram): object => ({
  axes: axes.map(({ axis, value }) => ({ ...axis, value: value.text })),
  ...(weight && { weight: weight.text }),
  ...(sample && { sample: sample.text }),
  ...(storage && { storage }),
});

export interface PlainFills {
  readonly cells: number;
  /** The fills in their order; without a weight it is 1, without a sample that is 0. */
  readonly fills: readonly { readonly cell: number; readonly weight: number; readonly sample: number }[];
  /** Elements whose weight is not finite, and others whose sample is not. */
  readonly nonFinite: number;
  readonly nonFiniteSamples: number;
}

/** Fills one element after another, with scalars repeated. An element with a missing value fills nothing. */
export function fillPlainly({ axes, weight, sample }: PlainHistogram, events: readonly PlainEvent[]): PlainFills {
  const fills: { cell: number; weight: number; sample: number }[] = [];
  let [nonFinite, nonFiniteSamples] = [0, 0];
  for (const event of events) {
    const given = [...axes.map(({ value }) => value.of(event)), weight ? weight.of(event) : 1, sample ? sample.of(event) : 0];
    const length = given.find((each) => Array.isArray(each))?.length ?? 1;
    for (let element = 0; element < length; element++) {
      const values = given.map((each) => (Array.isArray(each) ? each[element] : each) as PlainCell);
      if (values.some((value) => value === null || value === undefined)) continue;
      const [ofWeight, ofSample] = values.slice(axes.length).map(Number);
      if (!Number.isFinite(ofWeight)) nonFinite++;
      else if (!Number.isFinite(ofSample)) nonFiniteSamples++;
      else {
        const along = (axis: PlainAxis, place: number) => (isOfStrings(axis) ? String(values[place]) : Number(values[place]));
        const cell = axes.reduce((sofar, { axis }, place) => sofar * axisCells(axis) + cellOf(axis, along(axis, place)), 0);
        fills.push({ cell, weight: ofWeight, sample: ofSample });
      }
    }
  }
  return { cells: axes.reduce((product, { axis }) => product * axisCells(axis), 1), fills, nonFinite, nonFiniteSamples };
}
