/**
 * The work area of one run, in shared memory, 16-byte aligned. All of it belongs to the run while it lasts.
 *
 *   0   i32  stop flag: anybody may set it to 1
 *   4   i32  why the run trapped: one of `trapReasons`
 *   16  for each filter: i64 events that passed, f64 their weight
 *       for each histogram: i64 fills, i64 elements with a weight that is not finite, then its cells,
 *       axis 0 outermost, flow bins included: `count` i64, as many times as it has copies; `weighted` f64 Σw, f64 Σw²
 *       edges of variable axes, f64
 *       scratch: indexes of selected elements, i32
 */
import { type AxisShape, cellCount } from "../program/program.ts";

export const trapReasons = { stopped: 1, scratch: 2 } as const;
export const stopFlag = 0;
export const trapReason = 4;

export interface HistogramLayout {
  readonly fills: number;
  readonly nonFinite: number;
  readonly cells: number;
  readonly cellBytes: 8 | 16;
  readonly cellCount: number;
  /** Filling neighbours into different copies keeps one addition from waiting for another; the copies are added up at the end. */
  readonly copies: 1 | 4;
  /** Address of the edges of each variable axis, relative to the work area. */
  readonly edges: readonly (number | undefined)[];
}

export interface Layout {
  readonly cutflow: number;
  readonly histograms: readonly HistogramLayout[];
  /** Where scratch begins; the end of what a run must find zeroed. */
  readonly scratch: number;
}

/** Beyond this, copies would not stay in the first-level cache. */
const mostCopiedCells = 1024;

type Shapes = {
  readonly filters: readonly unknown[];
  readonly histograms: readonly { readonly axes: readonly AxisShape[]; readonly storage: "count" | "weighted" }[];
};

export function layOut(program: Shapes): Layout {
  const cutflow = 16;
  let end = cutflow + 16 * program.filters.length;
  const histograms = program.histograms.map(({ axes, storage }): HistogramLayout => {
    const fills = end;
    const cells = fills + 16;
    const cellBytes = storage === "count" ? 8 : 16;
    const count = cellCount(axes);
    const copies = storage === "count" && axes.length === 1 && count <= mostCopiedCells ? 4 : 1;
    end = align(cells + copies * count * cellBytes);
    const edges = axes.map((axis) => {
      if (axis.type === "regular") return undefined;
      const at = end;
      end = align(end + axis.edges.length * 8);
      return at;
    });
    return { fills, nonFinite: fills + 8, cells, cellBytes, cellCount: count, copies, edges };
  });
  return { cutflow, histograms, scratch: end };
}

const align = (address: number): number => Math.ceil(address / 16) * 16;
