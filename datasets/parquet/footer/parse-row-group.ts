/** Parses the row groups in a footer, chunk by chunk, into arrays, since wide files have tens of thousands of chunks. */
import { type ChunkPlaces, type Levels, mayBeNull, toldBounds, toldMissing, toldNaN } from "../column-chunk.ts";
import type { BoundReader } from "./bound-reader.ts";
import type { ThriftReader } from "./thrift-reader.ts";

/** What the chunks of all row groups together tell about a column. */
export interface ColumnFacts {
  readonly levels: Levels;
  mayMiss: boolean;
  /** Bit n: lists of level n may be null. */
  nullLists: number;
  /** Present for a column of 64-bit integers. `isRounded` then tells whether some chunk may contain integers from ±2^53 on. */
  readonly long: { readonly isUnsigned: boolean } | undefined;
  isRounded: boolean;
  /** Reads the least and the largest value; undefined if these tell nothing. */
  readonly bounds: BoundReader | undefined;
  /** Why a chunk cannot be read: it is encrypted, lies in another file, or is compressed by an unsupported codec. */
  unreadable: string | undefined;
}

const lzo = 3;
const lastCodec = 7;

/** Where the chunks of a row group are noted; `first` is the position of the first one. */
interface RowGroupPlace {
  readonly chunks: ChunkPlaces;
  readonly first: number;
  readonly mostValues: number;
}

/** Parses a row group; returns the number of its entries. */
export function parseRowGroup(reader: ThriftReader, columns: readonly ColumnFacts[], place: RowGroupPlace): number {
  const { chunks, first, mostValues } = place;
  let entries = 0;
  let hasColumns = false;
  for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
    if (field === 1) {
      const size = reader.listSize();
      if (size !== columns.length) throw new Error(`a row group has ${size} columns, the schema ${columns.length}`);
      for (const [index, facts] of columns.entries()) parseChunk(reader, chunks, first + index, facts);
      hasColumns = true;
    } else if (field === 3) {
      entries = reader.count();
    } else {
      reader.skip();
    }
  }
  if (!hasColumns) throw new Error("a row group has no columns");
  const values = chunks.levels.subarray(first, first + columns.length);
  if (entries > mostValues || values.some((count) => count > mostValues)) throw new Error(`a row group is beyond ${mostValues} values`);
  return entries;
}

function parseChunk(reader: ThriftReader, chunks: ChunkPlaces, at: number, facts: ColumnFacts): void {
  let described = false;
  for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
    switch (field) {
      case 1:
        if (reader.text() !== "") facts.unreadable = "is kept in another file, which is not supported";
        break;
      case 3:
        parseMetadata(reader, chunks, at, facts);
        described = true;
        break;
      case 8:
        facts.unreadable = "is encrypted, which is not supported";
        reader.skip();
        break;
      default:
        reader.skip();
    }
  }
  if (!described) facts.unreadable ??= "is encrypted, which is not supported";
}

function parseMetadata(reader: ThriftReader, chunks: ChunkPlaces, at: number, facts: ColumnFacts): void {
  const { maxDefinition, elements } = facts.levels;
  const canMiss = maxDefinition > (elements.at(-1) ?? 0);
  const nullable = elements.reduce((bits, _, level) => bits | (mayBeNull(facts.levels, level) ? 1 << level : 0), 0);
  const canTell = canMiss || nullable !== 0;
  let data = 0;
  let dictionary = 0;
  let statistics = noStatistics;
  let levels: readonly number[] | undefined;
  for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
    switch (field) {
      case 4:
        chunks.codec[at] = checkedCodec(reader.count(), facts);
        break;
      case 5:
        chunks.levels[at] = reader.count();
        break;
      case 7:
        chunks.length[at] = reader.count();
        break;
      case 9:
        data = reader.count();
        break;
      case 11:
        dictionary = reader.count();
        break;
      case 12:
        if (canTell || facts.long || facts.bounds) statistics = parseStatistics(reader);
        else reader.skip();
        break;
      case 16:
        if (canTell) levels = parseDefinitionHistogram(reader);
        else reader.skip();
        break;
      default:
        reader.skip();
    }
  }
  chunks.start[at] = dictionary > 0 && dictionary < data ? dictionary : data;
  const chunkMayMiss = canMiss && mayMiss(facts, statistics.nulls, levels);
  facts.mayMiss ||= chunkMayMiss;
  if (chunks.levels[at] !== 0) facts.nullLists |= nullable & whichMayBeNull(facts.levels, statistics.nulls, levels);
  noteBounds(reader.view, chunks, at, { bounds: facts.bounds, statistics });
  if (chunkMayMiss) chunks.told[at] |= toldMissing;
  if (facts.long && chunks.levels[at] !== 0 && statistics.nulls !== chunks.levels[at])
    facts.isRounded ||= isBeyond(reader.view, statistics, facts.long);
}

/** Records the bounds of a chunk. If all values are null, this is known to mean that there are none. */
function noteBounds(
  view: DataView,
  chunks: ChunkPlaces,
  at: number,
  { bounds, statistics }: { readonly bounds: BoundReader | undefined; readonly statistics: Statistics },
): void {
  if (!bounds) return;
  const { nulls, least, leastBytes, most, mostBytes, notNumbers } = statistics;
  const isEmpty = nulls === chunks.levels[at];
  if (!isEmpty && (leastBytes !== bounds.bytes || mostBytes !== bounds.bytes)) return;
  const low = isEmpty ? Number.POSITIVE_INFINITY : bounds.low(view, least);
  const high = isEmpty ? Number.NEGATIVE_INFINITY : bounds.high(view, most);
  if (!isEmpty && !(low <= high)) return;
  chunks.low[at] = low;
  chunks.high[at] = high;
  chunks.told[at] |= toldBounds;
  if (bounds.mayBeNaN && !isEmpty && notNumbers !== 0) chunks.told[at] |= toldNaN;
}

/** Whether values may lie from ±2^53 on; true also if the statistics do not tell. */
function isBeyond(
  view: DataView,
  { least, leastBytes, most, mostBytes }: Statistics,
  { isUnsigned }: { readonly isUnsigned: boolean },
): boolean {
  if (leastBytes !== 8 || mostBytes !== 8) return true;
  const highest = isUnsigned ? view.getBigUint64(most, true) : view.getBigInt64(most, true);
  return highest >= 2n ** 53n || (!isUnsigned && view.getBigInt64(least, true) <= -(2n ** 53n));
}

function checkedCodec(codec: number, facts: ColumnFacts): number {
  if (codec === lzo) facts.unreadable = "is compressed by LZO, which is not supported";
  else if (codec > lastCodec) facts.unreadable = `is compressed by a codec (number ${codec}) that is not supported`;
  return codec;
}

/**
 * Whether the chunk's statistics leave room for missing values. Writers count empty lists as nulls; a histogram of the definition levels, if there is one,
 * distinguishes them.
 */
function mayMiss({ levels }: ColumnFacts, nulls: number | undefined, histogram: readonly number[] | undefined): boolean {
  const { maxDefinition, elements } = levels;
  if (histogram?.length === maxDefinition + 1) return histogram.slice(elements.at(-1) ?? 0, -1).some((occurrences) => occurrences > 0);
  return nulls !== 0;
}

/** Tells which levels of lists may be null, one bit per level. */
function whichMayBeNull(
  { maxDefinition, elements, present }: Levels,
  nulls: number | undefined,
  histogram: readonly number[] | undefined,
): number {
  if (histogram?.length !== maxDefinition + 1) return nulls === 0 ? 0 : -1;
  const isNull = (level: number) => histogram.slice(elements[level - 1] ?? 0, present[level]).some((occurrences) => occurrences > 0);
  return elements.reduce((bits, _, level) => bits | (isNull(level) ? 1 << level : 0), 0);
}

interface Statistics {
  nulls: number | undefined;
  /** Where the least and the most value are stated in the footer, and in how many bytes; none where they are not. */
  least: number;
  leastBytes: number;
  most: number;
  mostBytes: number;
  /** The number of values that are NaN. */
  notNumbers: number | undefined;
}

const noStatistics: Readonly<Statistics> = { nulls: undefined, least: 0, leastBytes: 0, most: 0, mostBytes: 0, notNumbers: undefined };

/** Reads the newer fields for the least and the most value only: writers of the older ones compared unsigned integers as if they were signed. */
function parseStatistics(reader: ThriftReader): Readonly<Statistics> {
  const statistics: Statistics = { ...noStatistics };
  for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
    if (field === 3) statistics.nulls = reader.integer();
    else if (field === 5) {
      statistics.mostBytes = reader.passBytes();
      statistics.most = reader.at - statistics.mostBytes;
    } else if (field === 6) {
      statistics.leastBytes = reader.passBytes();
      statistics.least = reader.at - statistics.leastBytes;
    } else if (field === 9) statistics.notNumbers = reader.integer();
    else reader.skip();
  }
  return statistics;
}

function parseDefinitionHistogram(reader: ThriftReader): readonly number[] | undefined {
  let levels: readonly number[] | undefined;
  for (let field = reader.field(0); field !== 0; field = reader.field(field)) {
    if (field === 3) levels = Array.from({ length: reader.listSize() }, () => reader.count());
    else reader.skip();
  }
  return levels;
}
