/**
 * Describes everything that determines the code of programs. The shape is equal for programs that differ only in numbers with slots, in strings, in what
 * axes read from memory, or in which columns with one value per event they read.
 */
import { type AxisShape, kindOf } from "../../axes/axes.ts";
import type { Input } from "../../program/inputs.ts";
import type { HistogramTerms, ProgramTerms } from "../../program/program.ts";
import type { Schema } from "../../program/schema.ts";
import type { Term } from "../../program/term.ts";
import { typeKey } from "../../program/types.ts";
import { withoutRoot } from "../tables/compare-root.ts";
import { axisKey, type NumberSlots } from "./number-slots.ts";

export interface ShapeParts {
  /** The inputs of all programs together. */
  readonly inputs: readonly Input[];
  readonly schema: Pick<Schema, "columns">;
  /** The terms of all programs, each after its arguments. */
  readonly order: readonly Term[];
  readonly slots: NumberSlots;
}

export function shapeOf(programs: readonly ProgramTerms[], { inputs, schema, order, slots }: ShapeParts): string {
  const places = new Map(order.map((term, place) => [term, place]));
  const placeOf = (term: Term | undefined) => (term ? places.get(term)! : null);
  const types = new Map<string, number>();
  const typeOf = ({ type }: Term) => numberIn(types, typeKey(type));
  const axes = new Map<string, number>();
  const describeAxis = (axis: AxisShape) => {
    const kind = kindOf(axis);
    // The key of the axis is included, since cells are found only once for equal axes of equal values.
    return [
      axis.type,
      "circular" in axis && axis.circular,
      kind.form(axis),
      slots.ofAxes.get(axis)!.numbers.map(isZero),
      numberIn(axes, axisKey(axis)),
    ];
  };
  const describeHistogram = ({ axes, filter, weight, sample, storage }: HistogramTerms) => [
    storage,
    axes.map(({ axis, value }) => [describeAxis(axis), placeOf(value)]),
    [filter, weight, sample].map(placeOf),
  ];
  const inputOf = new Map(inputs.flatMap((input, place) => (input.kind === "values" ? [[input.column, place] as const] : [])));
  const describeTerm = (term: Term) => {
    const { operation, literal, args } = term;
    const own = [operation, typeOf(term), ...args.map(placeOf)];
    if (operation === "number") return slots.ofTerms.has(term) ? own : [...own, `${Object.is(literal, -0) ? "-0" : literal}`];
    if (operation === "string") return own;
    if (operation === "column") return [...own, inputOf.get(String(literal))];
    const limited = withoutRoot(term);
    return [...own, literal ?? null, ...(limited ? [isZero(limited.limit)] : [])];
  };
  return JSON.stringify([
    programs.map(({ filters, weight, totals, histograms, rows }) => [
      [...filters, weight].map(placeOf),
      totals?.map(placeOf),
      histograms.map(describeHistogram),
      rows?.columns.map(placeOf),
    ]),
    order.map(describeTerm),
    [...types.keys()],
    describeColumns(inputs, schema),
  ]);
}

/** Describes the columns. Those with one value per event are named by their positions among the inputs, so that others may take their place. */
function describeColumns(inputs: readonly Input[], { columns }: Pick<Schema, "columns">): unknown {
  const names = new Set(inputs.flatMap((input) => (input.kind === "offsets" ? input.columns : [input.column])));
  const read = columns.filter(({ name }) => names.has(name));
  const known = new Map(read.map((column) => [column.name, column]));
  const inLists = read.filter(({ lists }) => lists.length > 0);
  const described = inputs.map((input) => {
    if (input.kind === "offsets" || input.lists.length > 0) return input;
    const { nullable, dtype } = known.get(input.column) ?? {};
    return { ...input, column: "", nullable, dtype };
  });
  return [described, inLists];
}

function numberIn(numbers: Map<string, number>, key: string): number {
  const number = numbers.get(key) ?? numbers.size;
  numbers.set(key, number);
  return number;
}

const isZero = (value: number): boolean => value === 0;
