/**
 * What a module of this folder gives: all that is particular to one type of axis. The cells along an axis are its bins in their
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
  /** The axis in a query, made of these fields, `ofEveryAxis` among them. Threads that run programs load no schemas. */
  schema(fields: QueryFields): z.ZodObject;
  /** The fields of its own, for messages. */
  readonly fields: string;
  /** What it is filled with. An axis of numbers takes booleans, too, as 0 and 1. */
  takes(shape: Shape): "number" | "boolean" | "string";
  readonly flow: { readonly underflow: boolean; readonly overflow: boolean };
  bins(shape: Shape): number;
  /** The cell of a value, from 0. */
  cellOf(shape: Shape, value: number): number;
  /**
   * The same in the function that is being written: an i32 of a local or constant. A number is a f64, a boolean an i32, a string an i32, its
   * number in the run.
   * `constants` is where those of the axis are.
   */
  emitCell(writer: Writer, shape: Shape, value: Expression, constants: Expression, cells: CellsCode): Expression;
  /** Numbers that the code reads from memory, or begins with. `numberOf` gives the number of a string in the run. */
  constants?(shape: Shape, numberOf: (string: string) => number): readonly number[];
  /** Its bins are found while it is filled; then it has room for as many cells again behind its cells. */
  readonly findsRange?: true;
  /**
   * The cells of two values, less one, at a time: for a v128 of two float64, one of two whole float64. The same cells as `cellOf` has. Made once before the loop;
   * `areFloat32`: for values that were float32.
   */
  emitPairs?(f: FunctionBuilder, shape: Shape, values: { readonly areFloat32: boolean }): (values: Expression) => Expression;
  /** `found`: the bins of an axis that finds them. */
  writeUhi(shape: Shape, found?: { readonly lower: number; readonly upper: number; readonly bins: number }): UhiAxis;
}

/** Where the cells of the histogram are (i32), and what each of them has. */
export interface CellsCode {
  readonly cells: Expression;
  readonly quantities: StorageKind["quantities"];
}

/** What is said of a whole number that axes cannot have. */
export const tooLarge =
  "must be less than 2^53 in size: from there on float64, with which axes are filled, cannot tell whole numbers from their neighbours";
