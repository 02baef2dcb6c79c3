/**
 * The interface of a kind of storage, which decides what a histogram keeps of the elements in a cell. Each module of this folder implements it
 * once.
 */
import type { Nested, UhiStorage } from "../histogram/uhi.ts";
import type { Expression } from "../wasm/instructions.ts";
import type { Writer } from "../wasm/module-builder.ts";

/** For each quantity of a storage, by its name, the numbers of all cells. */
export type Contents = Readonly<Record<string, Float64Array>>;

export interface StorageKind {
  /**
   * The quantities of each cell, eight bytes each, in this order. A `count` is a whole number, i64 while a program runs. A `sum` is a float64;
   * sums over partials are exact. A `rest` is the rounding error of the sum before it.
   */
  readonly quantities: Readonly<Record<string, "count" | "sum" | "rest">>;
  /** The quantity whose sum over all cells is the number of filled elements. Without it, the program counts these separately. */
  readonly fills?: string;
  readonly takesWeight: boolean;
  /** The storage that takes its place if the histogram has weights. */
  readonly whenWeighted?: "weighted_mean";
  /** True if each element has a sample besides its values along the axes. */
  readonly takesSample: boolean;
  /** Emits code that adds one element to the cell at `address + offset`. */
  emitAdd(writer: Writer, cell: { readonly address: Expression; readonly offset: number }, element: ElementCode): void;
  /** Adds one element to a cell of `contents`. */
  add(contents: Contents, cell: number, weight: number, sample: number): void;
  /** `nest` writes the numbers of all cells as UHI wants them. */
  writeUhi(contents: Contents, nest: (values: Float64Array) => Nested): UhiStorage;
}

/** The numbers of one element, as locals or constants: f64 and finite. Without weights the weight is 1. */
export interface ElementCode {
  readonly weight: Expression;
  /** Only for a storage with `takesSample`. */
  readonly sample?: Expression;
}
