/** Describes where a Parquet column lies in a row group, and how it is decoded. Plain data. */
import type { CompressionCodec } from "hyparquet";
import { CompressionCodecs } from "hyparquet/src/constants.js";
import { eitherNumber, type NumberBounds, noNumber } from "../../engine/skip/number-bounds.ts";
import type { FileColumn, FileDescription, StoredSize } from "../format.ts";
import type { Stored } from "./stored-values.ts";

/** The meaning of levels: repetition levels go from 0 (a new entry) to the number of lists, definition levels from 0 to `maxDefinition` (a value). */
export interface Levels {
  readonly maxDefinition: number;
  /** For each list, outermost first: the least definition level of an element; below it the list is empty or null. */
  readonly elements: readonly number[];
  /** For each list: the least definition level of a present, perhaps empty list; below it the list is null. */
  readonly present: readonly number[];
}

/** Whether lists of this level may be null, and not only empty, according to the schema. */
export const mayBeNull = ({ elements, present }: Levels, level: number): boolean => present[level]! > (elements[level - 1] ?? 0);

/** How a column is stored in every row group: `stored` of a `FileColumn`. */
export interface StoredColumn extends Stored {
  /** The meaning of the numbers of a date, a time or a decimal, for people. */
  readonly meaning?: string;
  readonly levels: Levels;
}

/** The `place` of a `ColumnLocation`. */
export interface ColumnPlace extends Pick<StoredColumn, "levels"> {
  /** The same as in `FileColumn`. */
  readonly presence?: number;
  /** The column's chunks in those row groups of the unit that have entries, in order. */
  readonly chunks: readonly ColumnChunk[];
}

export interface ColumnChunk extends StoredColumn {
  /** The chunk is bytes [start, start + length) of the file. */
  readonly start: number;
  readonly length: number;
  readonly codec: CompressionCodec;
  /** The number of entries of the row group. */
  readonly entries: number;
  /** The number of level entries: values, and entries that stand for empty or null lists. */
  readonly levelEntries: number;
}

/** The bits for what the statistics of a chunk tell: bounds, that values may be missing, that they may be NaN. */
export const toldBounds = 1;
export const toldMissing = 2;
export const toldNaN = 4;

/** What a footer tells about its chunks, by row group and column. */
export class ChunkPlaces {
  readonly start: Float64Array;
  readonly length: Float64Array;
  /** The numbers of level entries. Columns of one collection have equal ones. */
  readonly levels: Float64Array;
  /** The codecs, by their numbers in the format. */
  readonly codec: Uint8Array;
  /** The least and the largest value, if `told` says that they are known. If there are no values, the least is above the largest. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** For each chunk, the sum of the bits of what its statistics tell. */
  readonly told: Uint8Array;

  constructor(chunks: number) {
    // The arrays share one buffer: thousands of small files have them, and a buffer costs more memory than such an array's content.
    const numbers = new Float64Array(5 * chunks);
    const part = (index: number) => numbers.subarray(index * chunks, (index + 1) * chunks);
    [this.start, this.length, this.levels, this.low, this.high] = [part(0), part(1), part(2), part(3), part(4)];
    this.codec = new Uint8Array(chunks);
    this.told = new Uint8Array(chunks);
  }
}

export function locateColumn(description: FileDescription, unit: number, { index, lists, stored, presence }: FileColumn) {
  const { nullable, values } = description;
  const most = values[unit * nullable.length + index];
  const own = stored as StoredColumn;
  const chunks = chunksOf(description, unit, index).filter(({ entries }) => entries > 0);
  const told = chunks.map((chunk) => ({ ...own, ...chunk }));
  const place: ColumnPlace = { levels: own.levels, ...(presence !== undefined && { presence }), chunks: told };
  return { elements: lists.map(() => most), place };
}

type Chunk = Omit<ColumnChunk, keyof StoredColumn>;

function chunksOf({ nullable, places }: FileDescription, unit: number, column: number): readonly Chunk[] {
  const { first, entries, start, length, codec, levels } = places;
  return Array.from({ length: first[unit + 1] - first[unit] }, (_, index) => {
    const group = first[unit] + index;
    const at = group * nullable.length + column;
    return { start: start[at], length: length[at], codec: CompressionCodecs[codec[at]], entries: entries[group], levelEntries: levels[at] };
  });
}

/** Combines the bounds of all row groups of the unit. Floating-point numbers may always be NaN, since statistics leave it out. */
export function boundsOfColumn({ nullable, places }: FileDescription, unit: number, { index }: FileColumn): NumberBounds | undefined {
  const { first, entries, low, high, told } = places;
  if (!told) return undefined;
  let bounds = noNumber;
  for (let group = first[unit]; group < first[unit + 1]; group++) {
    const at = group * nullable.length + index;
    if (entries[group] === 0) continue;
    if ((told[at] & toldBounds) === 0) return undefined;
    const [nan, missing] = [(told[at] & toldNaN) !== 0, (told[at] & toldMissing) !== 0];
    bounds = eitherNumber(bounds, { low: low[at], high: high[at], nan, missing });
  }
  return bounds;
}

export function sizeOfColumn(description: FileDescription, unit: number, { index }: FileColumn): StoredSize {
  const chunks = chunksOf(description, unit, index);
  const codecs = new Set(chunks.map(({ codec }) => (codec === "UNCOMPRESSED" ? "none" : codec.toLowerCase())));
  return { bytes: chunks.reduce((sum, { length }) => sum + length, 0), compression: [...codecs].join(", ") };
}

export function typeNameOf({ stored }: FileColumn): string | undefined {
  const { physical, unsigned, bits, meaning } = stored as StoredColumn;
  if (meaning !== undefined) return meaning;
  if (physical === "FLOAT16") return "float16";
  if (physical !== "INT32" && physical !== "INT64") return undefined;
  return `${unsigned ? "uint" : "int"}${bits ?? physical.slice(3)}`;
}
