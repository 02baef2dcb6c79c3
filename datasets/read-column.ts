/**
 * One column of one partition, from its file into the caller's arrays, whatever its source and format.
 *
 * Promises: the file was the one of the location before and after, and what `Format.read` promises. Every failure is a `DatasetError` that names
 * file, column, range and what was wrong, permanent unless the file changed or could not be read; or the signal's reason. Safe on any thread.
 */
import { largestDictionary } from "../engine/program/dictionary.ts";
import { baseName, type ColumnLocation, type ColumnTarget, DatasetError, offsetCounts, type ReadCounts } from "./dataset.ts";
import { formatNamed } from "./formats.ts";
import type { ByteReader, Source } from "./sources/source.ts";
import { sourceOf } from "./sources/sources.ts";

/** `milliseconds` from the call to its end: reads that overlap count each. */
type OnRead = (bytes: number, milliseconds: number) => void;

export interface ReadOptions {
  /** Ends reading: nothing is written to the target after the promise has rejected. */
  readonly signal?: AbortSignal;
  /** Told of each read from the source. */
  readonly onRead?: OnRead;
  /** Where the file is opened; that of its path where absent. */
  readonly source?: Pick<Source, "open">;
}

/** Fills the target's arrays from their front; what lies behind is left alone. Throws `RangeError` for a target that is too small. */
export async function readColumn(location: ColumnLocation, target: ColumnTarget, options: ReadOptions = {}): Promise<ReadCounts> {
  const { file, column, firstEntry, entries } = location;
  const { signal, onRead, source = sourceOf(file.path) } = options;
  refuseSmall(location, target);
  const format = formatNamed(location.format);
  try {
    return await source.open(
      file,
      async (opened) => {
        const counted = onRead ? observed(opened, onRead) : opened;
        try {
          return await format.read(signal ? abortable(counted, signal) : counted, location, target);
        } catch (cause) {
          if (cause instanceof DatasetError) throw cause;
          const reason = cause instanceof Error ? cause.message : String(cause);
          const where = `column ${column.name} of ${baseName(file.path)} (entries ${firstEntry}–${firstEntry + entries})`;
          throw new DatasetError(`Cannot read ${where}, it is damaged or not as supported: ${reason}`, { cause, permanent: true });
        }
      },
      { signal },
    );
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** Typed arrays would drop in silence what does not fit. */
function refuseSmall(location: ColumnLocation, { values, valid, strings, offsets }: ColumnTarget): void {
  const { column } = location;
  const fits =
    values.length >= location.values &&
    (!column.nullable || (valid?.length ?? 0) >= location.values) &&
    (column.dtype !== "string" || (strings?.length ?? 0) >= largestDictionary(location.values)) &&
    offsetCounts(location).every((count, level) => (offsets[level]?.length ?? 0) >= count);
  if (fits) return;
  const dictionary = column.dtype === "string" ? `, and ${largestDictionary(location.values)} bytes for the dictionary of its strings` : "";
  throw new RangeError(
    `The target of column ${column.name} must hold ${location.values} values and offsets for ${location.entries} entries${dictionary}`,
  );
}

/** Tells how much was read and how long each read took. */
function observed(reader: ByteReader, onRead: OnRead): ByteReader {
  return {
    byteLength: reader.byteLength,
    async slice(start, end, options) {
      const begun = performance.now();
      const bytes = await reader.slice(start, end, options);
      onRead(bytes.byteLength, performance.now() - begun);
      return bytes;
    },
  };
}

/** Every read ends when the signal aborts, so whoever reads need not know of it. */
function abortable(reader: ByteReader, signal: AbortSignal): ByteReader {
  return { byteLength: reader.byteLength, slice: (start, end) => reader.slice(start, end, { signal }) };
}
