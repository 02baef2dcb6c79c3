/**
 * Random whole queries over the events of `generateEvents`: defines that use one another, filters, weights, totals, histograms with filters
 * and weights of their own, and variations of all that. What each computes follows from the plain interpreter, one program after the other.
 */

import type { Seeded } from "../../seeded.ts";
import type { PlainEvent } from "../in-memory-dataset.ts";
import { interpretExpression, type Names, type Value } from "../interpret-expression.ts";
import { ExpressionGenerator } from "./generate-expression.ts";
import { fillPlainly, type PlainCell, type PlainFills, type PlainHistogram, type PlainValue, randomAxis } from "./random-histogram.ts";
import type { Element } from "./record-kinds.ts";

interface Texts {
  readonly define?: Readonly<Record<string, string>>;
  readonly filter?: readonly string[];
  readonly weight?: string;
}

export interface RandomQuery extends Texts {
  readonly define: Readonly<Record<string, string>>;
  readonly filter: readonly string[];
  readonly totals: Readonly<Record<string, string>>;
  readonly histograms: Readonly<Record<string, PlainTexts>>;
  readonly variations: Readonly<Record<string, Texts>>;
}

interface PlainTexts extends Omit<PlainHistogram, "axes" | "weight" | "sample"> {
  readonly axes: readonly { readonly axis: PlainHistogram["axes"][number]["axis"]; readonly text: string }[];
  readonly filter?: string;
  readonly weight?: string;
  readonly sample?: string;
}

export function randomQuery(random: Seeded): RandomQuery {
  const generator = new ExpressionGenerator(random, true);
  const fuel = () => 2 + random.below(6);
  const define: Record<string, string> = {};
  const elements = new Map<string, Element>();
  const some = (most: number, make: (index: number) => void) => {
    for (let left = random.below(most + 1), index = 0; index < left; index++) make(index);
  };
  const ofKind = (kind: Element["kind"]) => {
    if (kind === "number" || kind === "boolean" || kind === "string") return { text: generator[kind](fuel()).text, element: { kind } };
    const { piece, element } = generator.lists.any(fuel());
    return { text: piece.text, element: { kind: "list" as const, element } };
  };
  some(4, (index) => {
    const { text, element } = ofKind(random.pick(["number", "boolean", "list", "list"]));
    define[`d${index}`] = text;
    elements.set(`d${index}`, element);
    generator.names = [...generator.names, { name: `d${index}`, element }];
  });
  const filters = () => Array.from({ length: random.below(3) }, () => generator.boolean(fuel()).text);
  const totals: Record<string, string> = {};
  some(2, (index) => {
    totals[`t${index}`] = generator.number(fuel()).text;
  });
  const histograms: Record<string, PlainTexts> = {};
  for (let index = 0; index < 1 + random.below(3); index++) histograms[`h${index}`] = histogramOf(generator, random, fuel);
  const variations: Record<string, Texts> = {};
  some(3, (index) => {
    const varied: Record<string, string> = {};
    for (const [name, element] of elements) if (random.chance(0.3)) varied[name] = variedText(name, element, random);
    if (random.chance(0.3)) varied.x = random.pick(["x * 2", "x + y", "-x"]);
    if (random.chance(0.3)) varied.Muon = random.pick(["Muon.map(m => ({ ...m, pt: m.pt * 1.5 }))", "Muon.filter(m => m.pt > 30)"]);
    variations[`v${index}`] = {
      ...(Object.keys(varied).length > 0 && { define: varied }),
      ...(random.chance(0.4) && {
        weight: random.pick(
          ["weight * 2", "weight + y", "x", "weight * d0"].filter((text) => !text.includes("d0") || elements.get("d0")?.kind === "number"),
        ),
      }),
      ...(random.chance(0.3) && { filter: filters() }),
    };
  });
  return {
    define,
    filter: filters(),
    ...(random.chance(0.5) && { weight: generator.number(fuel()).text }),
    totals,
    histograms,
    variations,
  };
}

/** Writes a varied text of the same kind, made from the nominal one. */
function variedText(name: string, element: Element, random: Seeded): string {
  if (element.kind === "number") return random.pick([`${name} * 2`, `${name} + x`, `-${name}`]);
  if (element.kind === "boolean") return random.pick([`!${name}`, `${name} && x > 0`]);
  const isOfTuples = element.kind === "list" && element.element.kind === "tuple";
  return random.pick([`${name}.slice(1)`, isOfTuples ? `${name}.slice(0, 2)` : `${name}.filter((each, place) => place != 1)`]);
}

function histogramOf(generator: ExpressionGenerator, random: Seeded, fuel: () => number): PlainTexts {
  const list = random.chance(0.5) ? generator.lists.any(fuel()) : undefined;
  const number = (): string => {
    if (!list || random.chance(0.3)) return generator.number(fuel()).text;
    return generator.lists.mappedTo("number", list, fuel()).text;
  };
  const boolean = (): string => {
    if (!list || random.chance(0.3)) return generator.boolean(fuel()).text;
    return generator.lists.mappedTo("boolean", list, fuel()).text;
  };
  const axes = Array.from({ length: random.below(3) }, () => {
    let axis = randomAxis(random);
    while (axis.type === "category" && typeof axis.categories[0] === "string") axis = randomAxis(random);
    return { axis, text: axis.type === "boolean" || random.chance(0.1) ? boolean() : number() };
  });
  return {
    axes,
    ...(random.chance(0.4) && { filter: generator.boolean(fuel()).text }),
    ...(random.chance(0.4) && { weight: number() }),
    ...(random.chance(0.3) && { sample: number() }),
  };
}

/** Writes a query as a client does. */
export const writeQuery = ({ histograms, ...query }: RandomQuery): object => ({
  ...query,
  histograms: Object.fromEntries(
    Object.entries(histograms).map(([name, { axes, ...rest }]) => [
      name,
      { ...rest, axes: axes.map(({ axis, text }) => ({ ...axis, value: text })) },
    ]),
  ),
});

export interface PlainAnswer {
  /** The events that passed each filter, and their weights. With weights, the first entry is of all events. */
  readonly filters: readonly { readonly events: number; readonly weights: readonly number[] }[];
  readonly totals: Readonly<Record<string, readonly number[]>>;
  readonly histograms: Readonly<Record<string, PlainFills & { readonly storage: "count" | "weighted" | "mean" | "weighted_mean" }>>;
}

/** Computes the query's answer, or that of a variation, for these events. */
export function answerPlainly(query: RandomQuery, events: readonly Names[], variation: Texts | undefined): PlainAnswer {
  const nominal = events.map((event) => withDefines(event, query.define, {}));
  const varied = variation?.define
    ? events.map((event, index) => withDefines(event, query.define, variation.define!, nominal[index]))
    : nominal;
  const valuesOf = (text: string, names = varied): readonly Value[] => names.map(interpretExpression(text));
  const ofNominal = query.weight === undefined ? undefined : valuesOf(query.weight, variation?.weight === undefined ? varied : nominal);
  const weights =
    variation?.weight === undefined
      ? ofNominal
      : valuesOf(
          variation.weight,
          varied.map((names, index) => new Map([...names, ["weight", ofNominal ? ofNominal[index] : 1]])),
        );
  const tests = (variation?.filter ?? query.filter).map((text) => valuesOf(text));
  const passes = (count: number) =>
    events.flatMap((_, index) => (tests.slice(0, count).every((test) => test[index] === true) ? [index] : []));
  const passed = passes(tests.length);
  const counts = weights ? [0, ...tests.map((_, index) => index + 1)] : tests.map((_, index) => index + 1);
  const histograms = Object.entries(query.histograms).map(([name, histogram]) => {
    const test = histogram.filter === undefined ? undefined : valuesOf(histogram.filter);
    const taken = test ? passed.filter((index) => test[index] === true) : passed;
    const given = (text: string): PlainValue => {
      const values = valuesOf(text);
      return { text, of: (event) => (values[event.entry as number] ?? null) as PlainCell };
    };
    const own = histogram.weight === undefined ? undefined : given(histogram.weight);
    const plain: PlainHistogram = {
      axes: histogram.axes.map(({ axis, text }) => ({ axis, value: given(text) })),
      ...((weights || own) && { weight: productOf(weights, own) }),
      ...(histogram.sample !== undefined && { sample: given(histogram.sample) }),
    };
    const hasWeight = plain.weight !== undefined;
    const storage = plain.sample ? (hasWeight ? "weighted_mean" : "mean") : hasWeight ? "weighted" : "count";
    const placed = taken.map((entry): PlainEvent => ({ entry }));
    return [name, { ...fillPlainly(plain, placed), storage }] as const;
  });
  return {
    filters: counts.map((count) => {
      const which = passes(count);
      return { events: which.length, weights: which.map((index) => (weights ? Number(weights[index] ?? Number.NaN) : 1)) };
    }),
    totals: Object.fromEntries(
      Object.entries(query.totals).map(([name, text]) => [
        name,
        valuesOf(text)
          .filter((value) => value !== undefined)
          .map(Number),
      ]),
    ),
    histograms: Object.fromEntries(histograms),
  };
}

/** Adds the defines' values, in the order in which they use one another. `nominal` is what varied names mean inside their own texts. */
function withDefines(event: Names, define: Texts["define"] & object, varied: Readonly<Record<string, string>>, nominal?: Names): Names {
  const constants = [["pi", Math.PI] as const, ["e", Math.E] as const];
  const names = new Map<string, Value>([...event, ...constants]);
  for (const [name, text] of Object.entries({ ...pick(varied, (each) => !(each in define)), ...define })) {
    const own = varied[name];
    names.set(
      name,
      own === undefined ? interpretExpression(text)(names) : interpretExpression(own)(new Map([...names, [name, nominal!.get(name)]])),
    );
  }
  return names;
}

const pick = (record: Readonly<Record<string, string>>, test: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(record).filter(([name]) => test(name)));

function productOf(weights: readonly Value[] | undefined, own: PlainValue | undefined): PlainValue {
  const times = (weight: Value, value: PlainCell): PlainCell =>
    weight === undefined || value === undefined || value === null ? null : Number(weight) * Number(value);
  return {
    text: "",
    of(event) {
      const weight = weights ? weights[event.entry as number] : 1;
      const value = own ? own.of(event) : 1;
      return Array.isArray(value) ? value.map((each) => times(weight, each)) : times(weight, value as PlainCell);
    },
  };
}
