/** What a Parquet file says of its columns and row groups, reduced to what planning and reading need. */
import type { CompressionCodec } from "hyparquet";
import { CompressionCodecs } from "hyparquet/src/constants.js";
import type { DType } from "../../engine/program/schema.ts";
import type { PhysicalType } from "./value-type.ts";

/** How definition levels (0–`maxDefinition`) tell presence. */
export interface Levels {
  readonly maxDefinition: number;
  /** For a list: the level from which on there is an element; below it the list is empty or null. 0 for one value per entry. */
  readonly element: number;
  /** A list has repetition levels 0 (a new entry) and 1 (the next element). */
  readonly list: boolean;
}

/** A column of numbers: a leaf of the file's schema. */
export interface Leaf {
  /** Position among the file's column chunks. */
  readonly index: number;
  /** Names from the root, without the groups that only make a list. */
  readonly parts: readonly string[];
  /** For a list: how many of `parts` name the list; the others name a field of its structs. */
  readonly listParts?: number;
  readonly physical: PhysicalType;
  readonly unsigned: boolean;
  readonly dtype: DType;
  readonly levels: Levels;
}

/** A file's columns; files of one dataset mostly share it. */
export interface FileShape {
  /** By full name. */
  readonly leaves: ReadonlyMap<string, Leaf>;
  readonly unsupported: readonly { readonly name: string; readonly reason: string }[];
  /** SHA-256 of all of it: equal for files of equal shape. */
  readonly digest: string;
}

export interface ParquetFile {
  readonly shape: FileShape;
  readonly rowGroups: readonly RowGroup[];
  /** By `Leaf.index`: 1 where values (not: lists) may be missing, by the schema and as the statistics do not rule it out. */
  readonly nullable: Uint8Array;
}

/** The arrays have a place for each column chunk, by `Leaf.index`. */
export interface RowGroup {
  readonly entries: number;
  readonly firstEntry: number;
  /** Byte of the file where the chunk begins, its bytes there, and those of its pages after decompression. */
  readonly start: Float64Array;
  readonly length: Float64Array;
  readonly uncompressed: Float64Array;
  /** Level entries: columns of one collection agree in it. */
  readonly values: Float64Array;
  /** Numbers of the format's codecs. */
  readonly codec: Uint8Array;
}

/** Where a column chunk lies and how to decode it: the `chunk` of a `ColumnLocation`; plain data. */
export interface ParquetChunk {
  readonly rowGroup: number;
  /** Bytes [start, start + length) of the file. */
  readonly start: number;
  readonly length: number;
  /** Bytes of its pages after decompression, as the file states it. */
  readonly uncompressed: number;
  readonly codec: CompressionCodec;
  readonly physical: PhysicalType;
  readonly unsigned: boolean;
  readonly levels: Levels;
}

export function locateChunk(group: RowGroup, rowGroup: number, { index, physical, unsigned, levels }: Leaf): ParquetChunk {
  return {
    rowGroup,
    start: group.start[index]!,
    length: group.length[index]!,
    uncompressed: group.uncompressed[index]!,
    codec: CompressionCodecs[group.codec[index]!]!,
    physical,
    unsigned,
    levels,
  };
}
