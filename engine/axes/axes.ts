/** Every type of axis: the query's schema, the compiler, the histograms and UHI walk this table. */
import { z } from "zod";
import type { AxisKind } from "./axis-kind.ts";
import { regular } from "./regular.ts";
import { variable } from "./variable.ts";

const axisKinds = { regular, variable };

type ShapeOf<Kind> = Kind extends AxisKind<infer Shape> ? Shape : never;
/** An axis without what fills it and its label. */
export type AxisShape = ShapeOf<(typeof axisKinds)[keyof typeof axisKinds]>;
/** An axis of a query: `value` is an expression. */
export type Axis = AxisShape & { readonly value: string; readonly label?: string | undefined };

export const kindOf = (shape: AxisShape): AxisKind<AxisShape> => axisKinds[shape.type] as AxisKind<AxisShape>;

export const binsOf = (axis: AxisShape): number => kindOf(axis).bins(axis);

/** Cells along one axis: its bins, and those for what lies outside of them. */
export function cellsOf(axis: AxisShape): number {
  const { flow } = kindOf(axis);
  return binsOf(axis) + Number(flow.underflow) + Number(flow.overflow);
}

/** Cells of a histogram. */
export const cellCount = (axes: readonly AxisShape[]): number => axes.reduce((product, axis) => product * cellsOf(axis), 1);

/** Every type of the language: those that have no module are not in this version. */
const language: ReadonlySet<unknown> = new Set(["regular", "variable", "integer", "category", "boolean"]);
const schemas = Object.values(axisKinds).map(({ schema }) => schema);

export const axisSchema = z.discriminatedUnion("type", schemas as [z.ZodObject, ...z.ZodObject[]], {
  error: (issue) => {
    const type: unknown = (issue.input as { type?: unknown } | undefined)?.type;
    if (language.has(type))
      return `axes of type ${String(type)} are not available in this version: use ${Object.keys(axisKinds).join(" or ")}`;
    return `an axis needs a type: ${Object.entries(axisKinds)
      .map(([name, { fields }]) => `${name} (${fields})`)
      .join(" or ")}`;
  },
}) as unknown as z.ZodType<Axis>;

/** The names of all fields that an axis can have. */
export const axisFields: readonly string[] = [...new Set(schemas.flatMap(({ shape }) => Object.keys(shape)))];
