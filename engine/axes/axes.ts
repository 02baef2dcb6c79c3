/** Every type of axis: the query's schema, the compiler, the histograms and UHI walk this table. */
import { auto } from "./auto.ts";
import type { AxisKind } from "./axis-kind.ts";
import { boolean } from "./boolean.ts";
import { category } from "./category.ts";
import { circular } from "./circular.ts";
import { integer } from "./integer.ts";
import { regular } from "./regular.ts";
import { variable } from "./variable.ts";

export const axisKinds = { regular, variable, integer, category, boolean, auto };

type ShapeOf<Kind> = Kind extends AxisKind<infer Shape> ? Shape : never;
/** An axis without what fills it and its label. */
export type AxisShape = ShapeOf<(typeof axisKinds)[keyof typeof axisKinds]>;
/** An axis of a query: `value` is an expression. */
export type Axis = AxisShape & { readonly value: string; readonly label?: string | undefined };

export function kindOf(shape: AxisShape): AxisKind<AxisShape> {
  const kind = shape.type === "regular" && shape.circular ? circular : axisKinds[shape.type];
  return kind as AxisKind<AxisShape>;
}

export const binsOf = (axis: AxisShape): number => kindOf(axis).bins(axis);

/** Cells along one axis: its bins, and those for what lies outside of them. */
export function cellsOf(axis: AxisShape): number {
  const { flow } = kindOf(axis);
  return binsOf(axis) + Number(flow.underflow) + Number(flow.overflow);
}

/** Cells of a histogram. */
export const cellCount = (axes: readonly AxisShape[]): number => axes.reduce((product, axis) => product * cellsOf(axis), 1);
