/**
 * The work area of one run, in shared memory, 16-byte aligned. All of it belongs to the run while it lasts.
 *
 *   0   i32  stop flag: any thread may set it to 1
 *   4   i32  turn flag: while it is 1, the run waits
 *   8   i32  why the run trapped: one of `trapReasons`
 *   12  i32  the run's phase: one of `runPhases`
 *   16  i64  the remaining steps
 *   24  i32  the number of the program's term whose loop took the last step
 *   28  4 bytes unused
 *   32  for each filter: i64 events that passed, f64 their weight
 *       for each total: i64 number of values that are not finite; its limbs, i64; i64 number of values; their least and largest, f64
 *       for each histogram: i64 fills, i64 elements with a weight that is not finite, if it takes samples i64 elements with one that
 *       is not finite and 8 bytes unused, then its cells,
 *       axis 0 outermost, flow bins included: eight bytes for each quantity of its storage, all as often as it has copies, and
 *       once more where its bins are found meanwhile
 *       the numbers that its axes read, f64
 *       for rows: i32 how many are still wanted, i32 how many this block has written; then for each column its values, f64, and for each value
 *       whether it is there, one byte
 *       scratch: for each string column, how many strings its dictionary has and then their numbers in the run, i32; then indexes of selected
 *       elements, i32
 */
import { cellCount, kindOf } from "../axes/axes.ts";
import type { PartialShape } from "../histogram/partial.ts";
import { limbCount } from "../histogram/total.ts";
import { storages } from "../storages/storages.ts";

/** The names under which a module exports the functions that add events. */
export const runName = (number: number): string => `run ${number}`;
export const isRun = (name: string): boolean => name.startsWith("run ");

export const trapReasons = { scratch: 1, steps: 2 } as const;
export const runPhases = { computing: 1, waiting: 2, ended: 3, loading: 4 } as const;
export const stopFlag = 0;
export const turnFlag = 4;
export const trapReason = 8;
export const runPhase = 12;
export const stepsLeft = 16;
export const lastTerm = 24;
/** The bytes before the first program's sums. */
export const headerBytes = 32;

export interface HistogramLayout {
  readonly fills: number;
  readonly nonFinite: number;
  readonly nonFiniteSamples: number;
  readonly cells: number;
  readonly cellBytes: number;
  readonly cellCount: number;
  /** The number of copies of the cells. Neighbours are filled into different copies, so that one count need not wait for another; copies are summed at the end. */
  readonly copies: 1 | 4;
  /** For each axis: where the numbers that it reads begin, relative to the work area. */
  readonly constants: readonly number[];
  /** Where the next histogram begins. */
  readonly end: number;
}

export interface RowsLayout {
  readonly wanted: number;
  readonly columns: readonly { readonly values: number; readonly present: number }[];
}

export interface Layout {
  readonly cutflow: number;
  /** Where each total begins. */
  readonly totals: readonly number[];
  readonly histograms: readonly HistogramLayout[];
  /** Absent if the program has no rows. */
  readonly rows?: RowsLayout;
  /** Where scratch begins; only memory before it must be zeroed for a run. */
  readonly scratch: number;
}

/** The most events of a block in a program with rows. */
export const rowsPerBlock = 4096;

/** Histograms with more cells have no copies, since these would not stay in the first-level cache. */
const mostCopiedCells = 1024;

/** Lays out the sums of a program. `cutflow` is where they begin: behind the header, unless other programs come before it in the same work area. */
export function layOut(program: PartialShape, cutflow = headerBytes): Layout {
  const firstTotal = cutflow + 16 * program.filters.length;
  const totals = (program.totals ?? []).map((_, index) => firstTotal + index * totalBytes);
  let end = firstTotal + totals.length * totalBytes;
  const histograms = program.histograms.map(({ axes, storage }): HistogramLayout => {
    const fills = end;
    const cells = fills + (storages[storage].takesSample ? 32 : 16);
    const quantities = Object.values(storages[storage].quantities);
    const cellBytes = 8 * quantities.length;
    const count = cellCount(axes);
    const isCounted = quantities.every((quantity) => quantity === "count");
    const copies = isCounted && axes.length === 1 && count <= mostCopiedCells ? 4 : 1;
    const findsRange = axes.some((axis) => kindOf(axis).findsRange);
    end = align(cells + (copies + Number(findsRange)) * count * cellBytes);
    const constants = axes.map((axis) => {
      const at = end;
      end = align(end + 8 * (kindOf(axis).constants?.(axis, () => 0).length ?? 0));
      return at;
    });
    return { fills, nonFinite: fills + 8, nonFiniteSamples: fills + 16, cells, cellBytes, cellCount: count, copies, constants, end };
  });
  if (!program.rows) return { cutflow, totals, histograms, scratch: end };
  const wanted = end;
  end += 16;
  const columns = program.rows.columns.map(() => {
    const values = end;
    const present = values + 8 * rowsPerBlock;
    end = present + rowsPerBlock;
    return { values, present };
  });
  return { cutflow, totals, histograms, rows: { wanted, columns }, scratch: end };
}

/** The places of the parts of a total, relative to its begin. */
export const totalPlaces = { limbs: 8, values: 8 + 8 * limbCount, least: 16 + 8 * limbCount, largest: 24 + 8 * limbCount } as const;

/** The bytes of one total; a multiple of 16. */
export const totalBytes = 16 * Math.ceil((totalPlaces.largest + 8) / 16);

const align = (address: number): number => Math.ceil(address / 16) * 16;
