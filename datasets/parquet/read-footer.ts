/**
 * A file's footer, reduced to a `ParquetFile`. Reads the last half megabyte and, where the footer is longer, the rest of it.
 * Throws `DatasetError`, permanent, for what is not a Parquet file; hyparquet's parser may fail in any way on damaged bytes, so
 * whatever it throws counts as that.
 */
import { type ColumnMetaData, type FileMetaData, parquetMetadataAsync, parquetSchema } from "hyparquet";
import type { ByteSource } from "../byte-source.ts";
import { DatasetError } from "../dataset.ts";
import type { Leaf, Levels, ParquetFile, RowGroupSummary } from "./chunk.ts";
import { describeLeaves, type LeafShape } from "./describe-leaves.ts";

/** Offsets are 32 bits. */
const mostValues = 2 ** 32 - 2;
const magic = "PAR1";
const encryptedMagic = "PARE";
const rootMagic = "root";

/** `name` is for messages. */
export async function readFooter(source: ByteSource, name: string): Promise<ParquetFile> {
  const damaged = (reason: string, cause?: unknown) => new DatasetError(`Cannot read ${name}: ${reason}`, { cause, permanent: true });
  if (source.byteLength < 12) throw damaged(`it has ${source.byteLength} bytes, too few for a Parquet file`);
  const start = textOf(await source.slice(0, 4));
  const end = textOf(await source.slice(source.byteLength - 4));
  if (end === encryptedMagic) throw damaged("its footer is encrypted, which is not supported");
  if (start === rootMagic) throw damaged("it is a ROOT file, and this version reads Parquet only");
  if (start !== magic) throw damaged("it is not a Parquet file");
  if (end !== magic) throw damaged("it is a Parquet file without its end: truncated, or still being written");
  try {
    return summarize(await parquetMetadataAsync(source, { geoparquet: false, parsers: verbatim }));
  } catch (cause) {
    if (cause instanceof DatasetError) throw cause;
    throw damaged(`its footer is damaged (${cause instanceof Error ? cause.message : cause})`, cause);
  }
}

/** Statistics of dates and text are not used: nothing to convert, nothing to fail. */
const verbatim = {
  timestampFromMilliseconds: (value: bigint) => value,
  timestampFromMicroseconds: (value: bigint) => value,
  timestampFromNanoseconds: (value: bigint) => value,
  dateFromDays: (value: number) => value,
  stringFromBytes: (bytes: Uint8Array) => bytes,
};

function summarize(metadata: FileMetaData): ParquetFile {
  const shapes = describeLeaves(parquetSchema(metadata));
  const columns = shapes.map((shape, index) => metadata.row_groups.map((group) => chunkOf(group.columns[index], shape)));
  const leaves = new Map<string, Leaf>();
  const unsupported: { name: string; reason: string }[] = [];
  shapes.forEach((shape, index) => {
    const name = shape.parts.join(".");
    const reason = leaves.has(name) ? "has the name of another column" : reasonAgainst(shape, columns[index]!);
    if (reason !== undefined) unsupported.push({ name, reason });
    else leaves.set(name, leafOf(shape, index, columns[index]!));
  });
  let firstEntry = 0;
  const rowGroups = metadata.row_groups.map((group, number): RowGroupSummary => {
    const entries = count(group.num_rows, mostValues);
    const summary = { entries, firstEntry, chunks: columns.map((chunks) => placeOf(chunks[number])) };
    firstEntry += entries;
    return summary;
  });
  if (firstEntry !== count(metadata.num_rows)) throw new Error(`${firstEntry} rows in row groups, ${metadata.num_rows} in the file`);
  const kind = JSON.stringify([unsupported, [...leaves].map(([name, { values: _, index: __, ...leaf }]) => [name, leaf])]);
  return { leaves, unsupported, rowGroups, kind };
}

/** The chunk's metadata, checked to be that of this leaf. */
function chunkOf(chunk: FileMetaData["row_groups"][number]["columns"][number] | undefined, shape: LeafShape): ColumnMetaData | undefined {
  if (!chunk) throw new Error(`a row group lacks column ${shape.parts.join(".")}`);
  return chunk.file_path ? undefined : chunk.meta_data;
}

function reasonAgainst(shape: LeafShape, chunks: readonly (ColumnMetaData | undefined)[]): string | undefined {
  if (shape.type.kind === "unsupported") return shape.type.reason;
  if (chunks.includes(undefined)) return "is encrypted or kept in another file, which is not supported";
  return chunks.some((chunk) => chunk?.codec === "LZO") ? "is compressed by LZO, which is not supported" : undefined;
}

function leafOf({ parts, listParts, levels, type }: LeafShape, index: number, chunks: readonly (ColumnMetaData | undefined)[]): Leaf {
  if (type.kind === "unsupported") throw new Error(type.reason);
  return {
    index,
    parts,
    ...(listParts !== undefined && { listParts }),
    physical: type.physical,
    unsigned: type.unsigned,
    dtype: type.dtype,
    levels,
    nullable: levels.maxDefinition > levels.element && chunks.some((chunk) => mayMiss(chunk, levels)),
    values: chunks.map((chunk) => count(chunk?.num_values, mostValues)),
  };
}

/**
 * Whether the chunk's statistics leave room for missing values. Writers count empty lists as nulls: where there is a histogram of
 * the definition levels, it tells them apart.
 */
function mayMiss(chunk: ColumnMetaData | undefined, { maxDefinition, element }: Levels): boolean {
  const histogram = chunk?.size_statistics?.definition_level_histogram;
  if (histogram?.length === maxDefinition + 1) return histogram.slice(element, -1).some((occurrences) => occurrences > 0n);
  return chunk?.statistics?.null_count !== 0n;
}

function placeOf(chunk: ColumnMetaData | undefined): RowGroupSummary["chunks"][number] {
  if (!chunk) return { start: 0, length: 0, uncompressed: 0, codec: "UNCOMPRESSED" };
  const data = count(chunk.data_page_offset);
  const dictionary = count(chunk.dictionary_page_offset ?? 0n);
  return {
    start: dictionary > 0 && dictionary < data ? dictionary : data,
    length: count(chunk.total_compressed_size),
    uncompressed: count(chunk.total_uncompressed_size),
    codec: chunk.codec,
  };
}

function count(value: bigint | undefined, most = 2 ** 52): number {
  if (typeof value !== "bigint" || value < 0n || value > most) throw new Error(`${value} is no count`);
  return Number(value);
}

function textOf(bytes: ArrayBuffer): string {
  return String.fromCharCode(...new Uint8Array(bytes));
}
