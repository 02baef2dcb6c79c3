/**
 * What a module of this folder gives: all that is particular to one kind of storage, that is, to what a histogram keeps of the
 * elements in a cell.
 */
import type { Nested, UhiStorage } from "../histogram/uhi.ts";
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import type { Expression } from "../wasm/instructions.ts";

/** The numbers of one kind for all cells, by the name of what they are. */
export type Contents = Readonly<Record<string, Float64Array>>;

export interface StorageKind {
  /**
   * What each cell has, eight bytes each, in this order. A `count` is a whole number, i64 while it is counted; a `sum` is a float64,
   * and sums of partials are exact.
   */
  readonly quantities: Readonly<Record<string, "count" | "sum">>;
  /** The quantity whose sum over all cells is how many elements were filled; without it they are counted beside the cells. */
  readonly fills?: string;
  readonly takesWeight: boolean;
  /** Adds one element to the cell at `address + offset`, in the function that is being written. */
  emitAdd(f: FunctionBuilder, cell: { readonly address: Expression; readonly offset: number }, weight: Expression): void;
  /** Adds one element to a cell of these. */
  add(contents: Contents, cell: number, weight: number): void;
  writeUhi(contents: Readonly<Record<string, Nested>>): UhiStorage;
}
