/** Bins between edges that grow: [edge, next edge). Below the first is underflow; from the last one on, and NaN, overflow. */
import { call, F, type FunctionReference, I, i32, load, select } from "../wasm/instructions.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import type { AxisKind } from "./axis-kind.ts";

export interface VariableAxis {
  readonly type: "variable";
  readonly edges: readonly number[];
}

export const variable: AxisKind<VariableAxis> = {
  schema({ z, finite, limits, ofEveryAxis }) {
    const edges = z
      .array(finite, "must be a list of numbers")
      .min(2, "needs at least two edges")
      .max(limits.bins + 1, `there can be at most ${limits.bins} bins`);
    return z
      .strictObject({ type: z.literal("variable"), edges, ...ofEveryAxis })
      .refine((axis) => axis.edges.every((edge, index) => index === 0 || axis.edges[index - 1] < edge), {
        error: "edges must increase",
        path: ["edges"],
      });
  },
  fields: "edges",
  takes: () => "number",
  flow: { underflow: true, overflow: true },
  bins: ({ edges }) => edges.length - 1,
  cellOf({ edges }, value) {
    const above = edges.findIndex((edge) => value < edge);
    return above < 0 ? edges.length : above;
  },
  constants: ({ edges }) => edges,
  form: ({ edges }) => edges.length,
  emitCell: ({ f, m }, { edges }, value, { constants }) => f.keep(call(countEdges(m), value, constants, i32(edges.length))),
  writeUhi: ({ edges }) => ({ type: "variable", edges, underflow: true, overflow: true, circular: false }),
};

/** How many edges are at or below the value; all of them for NaN. Bisection without branches on the data. */
export function countEdges(m: ModuleBuilder): FunctionReference {
  return m.shared("count edges", ["f64", "i32", "i32"], "i32", (f) => {
    const [value, edges, count] = f.params;
    const first = f.variable(i32(0));
    const length = f.variable(count);
    f.block((end) => {
      f.loop((again) => {
        f.branchIf(end, I.eqz(length));
        const half = f.keep(I.shrU(length, i32(1)));
        const middle = f.keep(I.add(first, half));
        const above = f.keep(F.lt(value, load.f64(I.add(edges, I.shl(middle, i32(3))))));
        f.set(first, select(above, first, I.add(middle, i32(1))));
        f.set(length, select(above, half, I.sub(I.sub(length, half), i32(1))));
        f.branch(again);
      });
    });
    f.return(first);
  });
}
