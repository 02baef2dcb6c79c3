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
/** An axis's type and bins, without its label and the expression that fills it. */
export type AxisShape = ShapeOf<(typeof axisKinds)[keyof typeof axisKinds]>;
/** An axis of a query: `value` is an expression. */
export type Axis = AxisShape & { readonly value: string; readonly label?: string | undefined };

export function kindOf(shape: AxisShape): AxisKind<AxisShape> {
  const kind = shape.type === "regular" && shape.circular ? circular : axisKinds[shape.type];
  return kind as AxisKind<AxisShape>;
}

export const binsOf = (axis: AxisShape): number => kindOf(axis).bins(axis);

/** The number of cells along one axis: its bins, and underflow and overflow where it has them. */
export function cellsOf(axis: AxisShape): number {
  const { flow } = kindOf(axis);
  return binsOf(axis) + Number(flow.underflow) + Number(flow.overflow);
}

/** The number of cells of a histogram: the product over its axes; 1 without axes. */
export const cellCount = (axes: readonly AxisShape[]): number => axes.reduce((product, axis) => product * cellsOf(axis), 1);
