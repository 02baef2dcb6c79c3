/**
 * The work area of one run, in shared memory, 16-byte aligned. All of it belongs to the run while it lasts.
 *
 *   0   i32  stop flag: anybody may set it to 1
 *   4   i32  turn flag: while anybody has it set to 1, the run waits
 *   8   i32  why the run trapped: one of `trapReasons`
 *   12  i32  what the run is at: one of `runPhases`
 *   16  i64  steps that are left
 *   24  i32  the number of the program's term that was at work when the last of them was taken
 *   28  4 bytes unused
 *   32  for each filter: i64 events that passed, f64 their weight
 *       for each total: i64 values that are not finite, its limbs, i64, how many values it has, i64, the least and the largest of them, f64
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

export const trapReasons = { scratch: 1, steps: 2 } as const;
export const runPhases = { computing: 1, waiting: 2, ended: 3 } as const;
export const stopFlag = 0;
export const turnFlag = 4;
export const trapReason = 8;
export const runPhase = 12;
export const stepsLeft = 16;
export const lastTerm = 24;
/** Of everything before what programs add to. */
export const headerBytes = 32;

export interface HistogramLayout {
  readonly fills: number;
  readonly nonFinite: number;
  readonly nonFiniteSamples: number;
  readonly cells: number;
  readonly cellBytes: number;
  readonly cellCount: number;
  /** Filling neighbours into different copies keeps one count from waiting for another; the copies are added up at the end. */
  readonly copies: 1 | 4;
  /** For each axis, where the numbers are that it reads, relative to the work area. */
  readonly constants: readonly number[];
  /** Where the next one begins. */
  readonly end: number;
}

export interface RowsLayout {
  readonly wanted: number;
  readonly columns: readonly { readonly values: number; readonly present: number }[];
}

export interface Layout {
  readonly cutflow: number;
  /** Where each total is. */
  readonly totals: readonly number[];
  readonly histograms: readonly HistogramLayout[];
  /** Absent where the program has none. */
  readonly rows?: RowsLayout;
  /** Where scratch begins; the end of what a run must find zeroed. */
  readonly scratch: number;
}

/** A run of a program that has rows takes blocks of at most so many events. */
export const rowsPerBlock = 4096;

/** Beyond this, copies would not stay in the first-level cache. */
const mostCopiedCells = 1024;

/** `cutflow`: where it begins; behind the flags, unless other programs stand before it in the same work area. */
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

/** Where things are in a total. */
export const totalPlaces = { limbs: 8, values: 8 + 8 * limbCount, least: 16 + 8 * limbCount, largest: 24 + 8 * limbCount } as const;

/** Of one total; a multiple of 16. */
export const totalBytes = 16 * Math.ceil((totalPlaces.largest + 8) / 16);

const align = (address: number): number => Math.ceil(address / 16) * 16;
