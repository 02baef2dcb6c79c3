/** Finds the bounds of columns, by name, from the file's own statistics. Pure. */
import type { KnownBounds } from "../../engine/skip/bounds.ts";
import { type NumberBounds, noNumber } from "../../engine/skip/number-bounds.ts";
import type { FileDescription } from "../format.ts";
import { formatNamed } from "../formats.ts";

/** The bounds of a column that the file lacks: all its values are missing. */
const absent: NumberBounds = { ...noNumber, missing: true };

export function boundColumns(description: FileDescription, unit: number, names: readonly string[]): KnownBounds {
  const { shape } = description;
  const format = formatNamed(shape.format);
  const bounds = new Map<string, NumberBounds>();
  for (const name of names) {
    const column = shape.columns.get(name);
    const told = column ? format.boundsOf?.(description, unit, column) : absent;
    if (told) bounds.set(name, told);
  }
  return { column: (name) => bounds.get(name) };
}
