/**
 * What a module of this folder gives: all that is particular to one type of axis. The cells along an axis are its bins in their
 * order, with a cell for underflow before them and one for overflow after them, where it has these.
 */
import type { z } from "zod";
import type { UhiAxis } from "../histogram/uhi.ts";
import type { QueryFields } from "../query/fields.ts";
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import type { Expression } from "../wasm/instructions.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";

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
  emitCell(writer: Writer, shape: Shape, value: Expression, constants: Expression): Expression;
  /** Numbers that the code reads from memory. `numberOf` gives the number of a string in the run. */
  constants?(shape: Shape, numberOf: (string: string) => number): readonly number[];
  /**
   * The cells of two values, less one, at a time: for a v128 of two float64 that were float32, one of two i32. The same cells as
   * `cellOf` has. Made once before the loop.
   */
  emitPairs?(f: FunctionBuilder, shape: Shape): (values: Expression) => Expression;
  writeUhi(shape: Shape): UhiAxis;
}

export interface Writer {
  readonly f: FunctionBuilder;
  readonly m: ModuleBuilder;
}
