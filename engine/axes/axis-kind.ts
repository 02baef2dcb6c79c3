/**
 * The interface of a type of axis; each module of this folder implements it once. The cells along an axis are its bins in their
 * order, with a cell for underflow before them and one for overflow after them, where it has these.
 */
import type { z } from "zod";
import type { UhiAxis } from "../histogram/uhi.ts";
import type { QueryFields } from "../query/fields.ts";
import type { StorageKind } from "../storages/storage-kind.ts";
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import type { Expression } from "../wasm/instructions.ts";
import type { Writer } from "../wasm/module-builder.ts";

export interface AxisKind<Shape> {
  /** The axis's schema in a query, which must include `ofEveryAxis`. A function, so that threads that run programs need not load zod. */
  schema(fields: QueryFields): z.ZodObject;
  /** The names of its own fields, for error messages. */
  readonly fields: string;
  /** The type of the values that fill it. An axis of numbers also takes booleans, as 0 and 1. */
  takes(shape: Shape): "number" | "boolean" | "string";
  readonly flow: { readonly underflow: boolean; readonly overflow: boolean };
  bins(shape: Shape): number;
  /** The cell of a value, from 0. */
  cellOf(shape: Shape, value: number): number;
  /**
   * Emits code that finds a value's cell; returns a local or constant i32. The value is f64 for a number, i32 for a boolean or a string,
   * which is given by its number in the run.
   */
  emitCell(writer: Writer, shape: Shape, value: Expression, code: AxisCode): Expression;
  /**
   * The numbers that stand in the axis's code, which may be run with any others that are not 0. Absent if there are none. Those that only `emitPairs` for
   * columns of float32 needs are 0 unless `areFloat32`.
   */
  numbers?(shape: Shape, options: { readonly areFloat32: boolean }): readonly number[];
  /** Everything else of the axis that its code depends on, as JSON. */
  form(shape: Shape): unknown;
  /** The axis's constants: numbers that the code reads from memory and, if `findsRange`, changes. `numberOf` gives a string's number in the run. */
  constants?(shape: Shape, numberOf: (string: string) => number): readonly number[];
  /** True if the bins are found while the axis is filled. Scratch space of the size of its cells then lies behind them. */
  readonly findsRange?: true;
  /**
   * Emits code that finds the cells of two values at a time: from a v128 of two float64 it makes one of two whole float64, each the cell by
   * `cellOf` minus one. Called once before the loop, and what it returns inside. `areFloat32` if the values come from a column of float32.
   */
  emitPairs?(f: FunctionBuilder, shape: Shape, values: PairsCode): (values: Expression) => Expression;
  /** `found` gives the bins of an axis with `findsRange`. */
  writeUhi(shape: Shape, found?: { readonly lower: number; readonly upper: number; readonly bins: number }): UhiAxis;
}

/** The address of the axis's constants (i32), its numbers (float64 constants), the address of the histogram's cells (i32), and the quantities that each cell holds. */
export interface AxisCode {
  readonly constants: Expression;
  readonly numbers: readonly Expression[];
  readonly cells: Expression;
  readonly quantities: StorageKind["quantities"];
}

export interface PairsCode {
  readonly areFloat32: boolean;
  readonly numbers: readonly Expression[];
}

/** The error message for a whole number that is too large for an axis. */
export const tooLarge =
  "must be less than 2^53 in size: from there on float64, with which axes are filled, cannot tell whole numbers from their neighbours";
