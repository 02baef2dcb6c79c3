/** Types of columns as people who use numpy and awkward write them. */
import type { Column } from "../../engine/program/schema.ts";

/** `var * ?float32` is a list of numbers that may be missing. `typeName`: as its file has it. */
export const columnType = ({ dtype, nullable, lists }: Pick<Column, "dtype" | "nullable" | "lists">, typeName: string = dtype): string =>
  `${"var * ".repeat(lists.length)}${nullable ? "?" : ""}${typeName}`;
