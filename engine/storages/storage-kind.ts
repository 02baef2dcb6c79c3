/**
 * What a module of this folder gives: all that is particular to one kind of storage, that is, to what a histogram keeps of the
 * elements in a cell.
 */
import type { Nested, UhiStorage } from "../histogram/uhi.ts";
import type { Expression } from "../wasm/instructions.ts";
import type { Writer } from "../wasm/module-builder.ts";

/** The numbers of one kind for all cells, by the name of what they are. */
export type Contents = Readonly<Record<string, Float64Array>>;

export interface StorageKind {
  /**
   * What each cell has, eight bytes each, in this order. A `count` is a whole number, i64 while it is counted; a `sum` is a float64,
   * and sums of partials are exact. A `rest` is what the sum before it lacks, for being rounded.
   */
  readonly quantities: Readonly<Record<string, "count" | "sum" | "rest">>;
  /** The quantity whose sum over all cells is how many elements were filled; without it they are counted beside the cells. */
  readonly fills?: string;
  readonly takesWeight: boolean;
  /** The storage that there is instead where there are weights. */
  readonly whenWeighted?: "weighted_mean";
  /** Elements have a sample besides the values of the axes. */
  readonly takesSample: boolean;
  /** Adds one element to the cell at `address + offset`, in the function that is being written. */
  emitAdd(writer: Writer, cell: { readonly address: Expression; readonly offset: number }, element: ElementCode): void;
  /** Adds one element to a cell of these. */
  add(contents: Contents, cell: number, weight: number, sample: number): void;
  /** `nest` writes the numbers of all cells as UHI wants them. */
  writeUhi(contents: Contents, nest: (values: Float64Array) => Nested): UhiStorage;
}

/** Locals or constants, f64 and finite. Without weights the weight is 1. */
export interface ElementCode {
  readonly weight: Expression;
  /** Only for storage that takes one. */
  readonly sample?: Expression;
}
