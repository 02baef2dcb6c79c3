/** Where a Parquet column lies in a row group, and how it is decoded. Plain data. */
import type { CompressionCodec } from "hyparquet";
import { CompressionCodecs } from "hyparquet/src/constants.js";
import type { FileColumn, FileDescription, StoredSize } from "../format.ts";
import type { Stored } from "./stored-values.ts";

/** What levels mean: repetition levels are 0 (a new entry) to the number of lists, definition levels 0 to `maxDefinition` (a value). */
export interface Levels {
  readonly maxDefinition: number;
  /** For each list, outermost first: the definition level from which on there is an element; below it the list is empty or null. */
  readonly elements: readonly number[];
}

/** How a column is stored in every row group: `stored` of a `FileColumn`. */
export interface StoredColumn extends Stored {
  /** What the numbers of a date, a time or a decimal mean, for people. */
  readonly meaning?: string;
  readonly levels: Levels;
}

/** The `place` of a `ColumnLocation`. */
export interface ColumnChunk extends StoredColumn {
  /** Bytes [start, start + length) of the file. */
  readonly start: number;
  readonly length: number;
  readonly codec: CompressionCodec;
}

/** What a footer says of its chunks: for each row group, for each column. */
export class ChunkPlaces {
  readonly start: Float64Array;
  readonly length: Float64Array;
  /** Level entries: columns of one collection agree in it. */
  readonly values: Float64Array;
  /** Numbers of the format's codecs. */
  readonly codec: Uint8Array;

  constructor(chunks: number) {
    this.start = new Float64Array(chunks);
    this.length = new Float64Array(chunks);
    this.values = new Float64Array(chunks);
    this.codec = new Uint8Array(chunks);
  }
}

export function locateChunk({ nullable, values, places }: FileDescription, unit: number, { index, lists, stored }: FileColumn) {
  const at = unit * nullable.length + index;
  const place: ColumnChunk = {
    ...(stored as StoredColumn),
    start: places.start[at],
    length: places.length[at],
    codec: CompressionCodecs[places.codec[at]],
  };
  return { elements: lists.map(() => values[at]), place };
}

export function sizeOfChunk({ nullable, places }: FileDescription, unit: number, { index }: FileColumn): StoredSize {
  const at = unit * nullable.length + index;
  const codec = CompressionCodecs[places.codec[at]];
  return { bytes: places.length[at], compression: codec === "UNCOMPRESSED" ? "none" : codec.toLowerCase() };
}

export function typeNameOf({ stored }: FileColumn): string | undefined {
  const { physical, unsigned, bits, meaning } = stored as StoredColumn;
  if (meaning !== undefined) return meaning;
  if (physical === "FLOAT16") return "float16";
  if (physical !== "INT32" && physical !== "INT64") return undefined;
  return `${unsigned ? "uint" : "int"}${bits ?? physical.slice(3)}`;
}
