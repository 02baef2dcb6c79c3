/** Writes types of columns in the notation of numpy and awkward. */
import type { Column } from "../../engine/program/schema.ts";

/** For example `var * ?float32` for lists of numbers that may be missing. `typeName` is the type of a value, by default `dtype`. */
export const columnType = ({ dtype, nullable, lists }: Pick<Column, "dtype" | "nullable" | "lists">, typeName: string = dtype): string =>
  `${"var * ".repeat(lists.length)}${nullable ? "?" : ""}${typeName}`;
