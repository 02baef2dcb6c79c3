/** Writes rows as a Parquet file: numbers as DOUBLE, 64-bit integers as INT64, booleans as BOOLEAN and strings as UTF-8; all may be null. */
import { turn } from "../../../base/turn.ts";
import type { FlatColumn } from "../../../datasets/format.ts";
import { ParquetWriter } from "../../../datasets/parquet/encode-file.ts";
import type { PartialRows, RowColumn, RowKind } from "../../../engine/rows/rows.ts";

/** The least number of rows in a row group, except in the last one. Several partitions share a group, since each may have few rows. */
const perGroup = 65_536;

/** `columns` maps names to places, in the order in which they are written. `kinds` are the kinds by place. */
export async function* parquetRows(
  rows: AsyncIterable<PartialRows>,
  columns: Readonly<Record<string, number>>,
  kinds: readonly RowKind[],
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const named = Object.entries(columns);
  const writer = new ParquetWriter(
    named.map(([name, place]) => flatColumn(name, kinds[place]!, [])),
    "femtoq",
  );
  let waiting: PartialRows[] = [];
  let count = 0;
  async function* writeGroup(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const group = named.map(([name, place]) =>
      flatColumn(
        name,
        kinds[place]!,
        waiting.map((each) => each.columns[place]!),
      ),
    );
    for (const piece of writer.addGroup(group, count)) yield new Uint8Array(piece);
    waiting = [];
    count = 0;
    await turn();
  }
  yield new Uint8Array(writer.begin());
  for await (const each of rows) {
    waiting.push(each);
    count += each.count;
    if (count >= perGroup) yield* writeGroup();
  }
  if (count > 0) yield* writeGroup();
  yield new Uint8Array(writer.end());
}

/** Concatenates one column of several partials. */
function flatColumn(name: string, kind: RowKind, parts: readonly RowColumn[]): FlatColumn {
  const count = parts.reduce((sum, { values }) => sum + values.length, 0);
  const values = valuesFor(kind, count);
  const valid = new Uint8Array(count).fill(1);
  const strings: string[] = [];
  let at = 0;
  for (const part of parts) {
    const first = strings.length;
    for (const string of part.strings ?? []) strings.push(string);
    copy(part.values, values, { at, more: first });
    if (part.present) valid.set(part.present, at);
    at += part.values.length;
  }
  return { name, values, valid, ...(kind === "string" && { strings }) };
}

type Values = Exclude<FlatColumn["values"], Float32Array>;

function valuesFor(kind: RowKind, count: number): Values {
  switch (kind) {
    case "boolean":
      return new Uint8Array(count);
    case "string":
      return new Int32Array(count);
    case "int64":
      return new BigInt64Array(count);
    case "uint64":
      return new BigUint64Array(count);
    case "number":
      return new Float64Array(count);
  }
}

/** Copies values into the target. `more` is added to the places of strings. */
function copy(source: RowColumn["values"], target: Values, { at, more }: { readonly at: number; readonly more: number }): void {
  if (source instanceof Float64Array) {
    if (target instanceof Int32Array)
      target.set(
        source.map((place) => more + place),
        at,
      );
    else if (target instanceof Uint8Array || target instanceof Float64Array) target.set(source, at);
  } else if (target instanceof BigInt64Array || target instanceof BigUint64Array) target.set(source, at);
}
