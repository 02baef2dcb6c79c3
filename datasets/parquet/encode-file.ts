/**
 * Writes flat columns as a Parquet file: numbers, booleans and strings, which may be null, and lists of numbers that are not null. Each column of a row group
 * has one PLAIN data page; numbers and booleans have statistics.
 *
 * hyparquet-writer's column writer needs a place among the values for each empty list, and goes over boxed arrays several times: thirteen columns of a million
 * events take it 13 s and 1 GB. So pages are written here, with the values as they lie in memory, and its modules only write small things: page headers, runs
 * of levels, snappy, the footer.
 */
import type { ColumnMetaData, ParquetType, RowGroup, SchemaElement, Statistics } from "hyparquet";
import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { writeRleBitPackedHybrid } from "hyparquet-writer/src/encoding.js";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import { snappyCompress } from "hyparquet-writer/src/snappy.js";
import type { FlatColumn } from "../format.ts";

interface EncodedLevels {
  readonly repetition: Uint8Array;
  readonly definition: Uint8Array;
  /** The number of level entries: elements and empty lists. */
  readonly count: number;
  readonly empty: number;
}

const magic = new TextEncoder().encode("PAR1");

/** Returns the file as consecutive pieces. Pieces of uncompressed columns are views on `values`, so they must be written before these change. */
export function encodeFile(columns: readonly FlatColumn[], entries: number, createdBy: string): Uint8Array[] {
  const writer = new ParquetWriter(columns, createdBy);
  return [writer.begin(), ...writer.addGroup(columns, entries), writer.end()];
}

/** Writes a file of several row groups, one after another, so that only one of them need be in memory. */
export class ParquetWriter {
  readonly #columns: readonly FlatColumn[];
  readonly #createdBy: string;
  readonly #groups: RowGroup[] = [];
  #at = magic.length;

  /** `columns` give the names and types, which are the same in all groups. */
  constructor(columns: readonly FlatColumn[], createdBy: string) {
    this.#columns = columns;
    this.#createdBy = createdBy;
  }

  begin(): Uint8Array {
    return magic;
  }

  addGroup(columns: readonly FlatColumn[], entries: number): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    const levels = new Map<Uint32Array, EncodedLevels>();
    const chunks: ColumnMetaData[] = [];
    for (const column of columns) {
      const { offsets } = column;
      const encoded = offsets && (levels.get(offsets) ?? encodeLevels(offsets, entries));
      if (offsets && encoded) levels.set(offsets, encoded);
      const { page, uncompressed } = encodePage(column, entries, encoded);
      const size = page.reduce((sum, piece) => sum + piece.length, 0);
      chunks.push(describeChunk(column, encoded?.count ?? entries, { at: this.#at, size, uncompressed }));
      pieces.push(...page);
      this.#at += size;
    }
    const total = chunks.reduce((sum, chunk) => sum + chunk.total_uncompressed_size, 0n);
    const described = chunks.map((meta_data) => ({ file_offset: 0n, meta_data }));
    this.#groups.push({ columns: described, total_byte_size: total, num_rows: BigInt(entries) });
    return pieces;
  }

  end(): Uint8Array {
    const footer = new ByteWriter();
    writeMetadata(footer, {
      version: 2,
      schema: [{ name: "schema", num_children: this.#columns.length }, ...this.#columns.flatMap(describeSchema)],
      num_rows: this.#groups.reduce((sum, { num_rows }) => sum + num_rows, 0n),
      row_groups: this.#groups,
      created_by: this.#createdBy,
      metadata_length: 0,
    });
    footer.appendBytes(magic);
    return footer.getBytes();
  }
}

function encodeLevels(offsets: Uint32Array, entries: number): EncodedLevels {
  const most = offsets[entries]! + entries;
  const repetition = new Uint8Array(most);
  const definition = new Uint8Array(most);
  let count = 0;
  let empty = 0;
  for (let entry = 0; entry < entries; entry++) {
    const length = offsets[entry + 1]! - offsets[entry]!;
    if (length === 0) {
      empty++;
      count++;
      continue;
    }
    definition.fill(1, count, count + length);
    repetition.fill(1, count + 1, count + length);
    count += length;
  }
  return { repetition: encodeRuns(repetition.subarray(0, count)), definition: encodeRuns(definition.subarray(0, count)), count, empty };
}

function encodeRuns(levels: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  writeRleBitPackedHybrid(writer, levels, 1);
  return writer.getBytes();
}

/** Encodes values as PLAIN. If they are written as they lie in memory, this is a view on them. */
function encodePlain(values: FlatColumn["values"], strings: readonly string[] | undefined): Uint8Array {
  if (strings) {
    const encoder = new TextEncoder();
    const encoded = strings.map((string) => encoder.encode(string));
    const writer = new ByteWriter();
    for (const place of values) {
      const text = encoded[Number(place)]!;
      writer.appendUint32(text.length);
      writer.appendBytes(text);
    }
    return writer.getBytes();
  }
  if (!(values instanceof Uint8Array)) return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  for (const [index, value] of values.entries()) bits[index >> 3] |= value << (index & 7);
  return bits;
}

function encodePage(
  { values, valid, strings, compress }: FlatColumn,
  entries: number,
  levels: EncodedLevels | undefined,
): { readonly page: Uint8Array[]; readonly uncompressed: number } {
  const present = valid ? values.filter((_, index) => valid[index] === 1) : values;
  const bytes = encodePlain(present, strings);
  const body = compress ? snappyCompress(bytes) : bytes;
  const repetition = levels?.repetition ?? new Uint8Array(0);
  const definition = levels?.definition ?? (valid ? encodeRuns(valid) : new Uint8Array(0));
  const levelBytes = repetition.length + definition.length;
  const header = new ByteWriter();
  writePageHeader(header, {
    type: "DATA_PAGE_V2",
    uncompressed_page_size: levelBytes + bytes.length,
    compressed_page_size: levelBytes + body.length,
    data_page_header_v2: {
      num_values: levels?.count ?? entries,
      num_nulls: levels?.empty ?? values.length - present.length,
      num_rows: entries,
      encoding: "PLAIN",
      definition_levels_byte_length: definition.length,
      repetition_levels_byte_length: repetition.length,
      is_compressed: compress === true,
    },
  });
  const uncompressed = header.offset + levelBytes + bytes.length;
  return { page: [header.getBytes(), repetition, definition, body], uncompressed };
}

function describeChunk(
  { name, values, valid, strings, offsets, compress }: FlatColumn,
  count: number,
  place: { readonly at: number; readonly size: number; readonly uncompressed: number },
): ColumnMetaData {
  return {
    type: typeOf(values, strings),
    encodings: ["PLAIN", "RLE"],
    path_in_schema: offsets ? [name, "list", "element"] : [name],
    codec: compress ? "SNAPPY" : "UNCOMPRESSED",
    num_values: BigInt(count),
    total_uncompressed_size: BigInt(place.uncompressed),
    total_compressed_size: BigInt(place.size),
    data_page_offset: BigInt(place.at),
    ...(!strings && { statistics: measure(values, valid, offsets ? count - values.length : 0) }),
  };
}

/**
 * Measures the statistics of a column. NaN is counted separately, and bounds of zero are written with the signs that include zeros of both signs. `empty` is
 * the number of level entries without a value.
 */
function measure(values: FlatColumn["values"], valid: Uint8Array | undefined, empty: number): Statistics {
  let [nan, missing] = [0, 0];
  let low: number | bigint = Number.POSITIVE_INFINITY;
  let high: number | bigint = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (valid?.[index] === 0) missing++;
    else if (Number.isNaN(value)) nan++;
    else {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  const written = (value: number | bigint) => (values instanceof Uint8Array ? Boolean(value) : value);
  const isFloat = values instanceof Float32Array || values instanceof Float64Array;
  return {
    ...(low <= high && { min_value: written(low === 0 && isFloat ? -0 : low), max_value: written(high === 0 ? 0 : high) }),
    null_count: BigInt(missing + empty),
    ...(isFloat && { nan_count: BigInt(nan) }),
  };
}

function describeSchema({ name, values, valid, strings, offsets }: FlatColumn): SchemaElement[] {
  const type = typeOf(values, strings);
  const text = strings && { converted_type: "UTF8" as const, logical_type: { type: "STRING" as const } };
  // The footer's writer writes the width of a logical type in a form that other readers do not understand.
  const unsigned = values instanceof BigUint64Array && { converted_type: "UINT_64" as const };
  if (!offsets) return [{ name, type, repetition_type: valid ? "OPTIONAL" : "REQUIRED", ...text, ...unsigned }];
  return [
    { name, repetition_type: "REQUIRED", num_children: 1, converted_type: "LIST", logical_type: { type: "LIST" } },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", type, repetition_type: "REQUIRED", ...unsigned },
  ];
}

function typeOf(values: FlatColumn["values"], strings: FlatColumn["strings"]): ParquetType {
  if (strings) return "BYTE_ARRAY";
  if (values instanceof Uint8Array) return "BOOLEAN";
  if (values instanceof Float32Array) return "FLOAT";
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) return "INT64";
  return values instanceof Float64Array ? "DOUBLE" : "INT32";
}
