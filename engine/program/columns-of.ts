/** Which columns have to be in memory for a program to run. */
import { nameOf } from "./inputs.ts";
import type { Program } from "./program.ts";

/** Every column whose values or validity are read, and for offsets that come with none of those, one that stands in the list. */
export function columnsOf({ inputs }: Pick<Program, "inputs">): readonly string[] {
  const names = new Set<string>();
  for (const input of inputs) if (input.kind !== "offsets") names.add(input.column);
  for (const input of inputs) {
    if (input.kind !== "offsets" || input.columns.some((name) => names.has(name))) continue;
    const [first] = input.columns;
    if (first === undefined) throw new Error(`Cannot load the offsets of ${nameOf(input)}: the program names no column of it`);
    names.add(first);
  }
  return [...names];
}
