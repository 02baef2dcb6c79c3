/**
 * Writes rows as JSON lines. JSON has no NaN and no infinities, so these are written as strings. 64-bit integers have all their digits, and missing values are
 * null.
 */
import { turn } from "../../../base/turn.ts";
import type { PartialRows, RowColumn } from "../../../engine/rows/rows.ts";

/** The number of rows that are written before other work may run. */
const perPiece = 1_000;

/** `columns` maps names to places, in the order in which they are written. */
export async function* jsonLines(
  rows: AsyncIterable<PartialRows>,
  columns: Readonly<Record<string, number>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  const heads = Object.entries(columns).map(([name, place], index) => ({
    head: `${index === 0 ? "" : ","}${JSON.stringify(name)}:`,
    place,
  }));
  for await (const { count, columns: all } of rows) {
    const writers = heads.map(({ head, place }) => ({ head, write: writerOf(all[place]!) }));
    for (let first = 0; first < count; first += perPiece) {
      let text = "";
      for (let row = first; row < Math.min(count, first + perPiece); row++) {
        text += "{";
        for (const { head, write } of writers) text += head + write(row);
        text += "}\n";
      }
      yield encoder.encode(text);
      await turn();
    }
  }
}

function writerOf({ kind, values, present, strings }: RowColumn): (row: number) => string {
  const write = (value: number | bigint): string => {
    if (typeof value === "bigint") return String(value);
    if (kind === "boolean") return value === 1 ? "true" : "false";
    if (kind === "number") return Number.isFinite(value) ? (Object.is(value, -0) ? "-0" : String(value)) : `"${value}"`;
    return written![value]!;
  };
  const written = strings?.map((string) => JSON.stringify(string));
  return (row) => (present?.[row] === 0 ? "null" : write(values[row]!));
}
