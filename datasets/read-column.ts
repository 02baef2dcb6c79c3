/**
 * Reads columns of one partition from a file of any source and format into the caller's arrays. The file is opened once for all of them.
 *
 * Guarantees: those of `Format.read`, and that the file has the location's identity before and after reading. A failure affects the outcome of one column
 * only. It is either the reason of the column's signal or a `DatasetError` that names file, column, range and cause; this is permanent unless the file
 * changed or could not be read. Safe on any thread.
 */
import { largestDictionary } from "../engine/program/dictionary.ts";
import { baseName, type ColumnLocation, type ColumnTarget, DatasetError, offsetCounts, type ReadCost, type ReadCounts } from "./dataset.ts";
import { formatNamed } from "./formats.ts";
import { readAbsent } from "./read-absent.ts";
import { stretchesOf } from "./sources/coalesce.ts";
import { readAhead } from "./sources/read-ahead.ts";
import type { ByteReader, Source } from "./sources/source.ts";
import { sourceOf } from "./sources/sources.ts";

export interface WantedColumn {
  readonly location: ColumnLocation;
  /** Its arrays are filled from their front; elements beyond the column's are not written. */
  readonly target: ColumnTarget;
  /** Aborts reading the column. Nothing is written to the target once the column's outcome is known. */
  readonly signal?: AbortSignal | undefined;
}

export interface ColumnRead extends Omit<ReadCounts, "isAlike"> {
  readonly cost: ReadCost;
  /** The index of the wanted column that has the same offsets; this column's own offsets are not written then. */
  readonly offsetsOf?: number;
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** The same as in `OpenOptions`. */
  readonly mayBlock?: boolean;
  /** Whether columns of the same lists may share the offsets of one of them (`offsetsOf`). */
  readonly mayShareOffsets?: boolean;
  /** The source that opens the file; by default the one that its path determines. */
  readonly source?: Pick<Source, "open">;
}

/** Reads one column. Rejects with `RangeError` for a target that is too small, and with the failures that the header of this file describes. */
export async function readColumn(location: ColumnLocation, target: ColumnTarget, options: ReadOptions = {}): Promise<ReadCounts> {
  refuseSmall(location, target);
  const [outcome] = await readColumns([{ location, target, signal: options.signal }], options);
  if (outcome!.status === "rejected") throw outcome!.reason;
  const { cost: _, ...counts } = outcome!.value;
  return counts;
}

/** Reads columns of one file, one after another, and returns an outcome for each. Never rejects. */
export async function readColumns(
  wanted: readonly WantedColumn[],
  options: Omit<ReadOptions, "signal"> = {},
): Promise<readonly PromiseSettledResult<ColumnRead>[]> {
  const outcomes: PromiseSettledResult<ColumnRead>[] = [];
  try {
    if (wanted.length === 0) return [];
    const { file } = wanted[0]!.location;
    const signal = whenAll(wanted.map((each) => each.signal));
    const use = async (opened: ByteReader) => {
      let bytes = 0;
      const counted = counting(opened, (more) => {
        bytes += more;
      });
      const told = wanted.map(({ location }) => rangesOf(location));
      const readers = readAhead(counted, told, { signal });
      for (const [index, column] of wanted.entries()) {
        const before = bytes;
        const like = options.mayShareOffsets ? likeOf(column.location, wanted, outcomes) : -1;
        const [outcome] = await Promise.allSettled([readOne(readers[index]!, column, { opened, alike: wanted[like]?.target.offsets })]);
        readers[index]!.leave();
        outcomes.push(
          outcome.status === "rejected" ? outcome : { ...outcome, value: readOf(outcome.value, { bytes: bytes - before, like }) },
        );
      }
    };
    await (options.source ?? sourceOf(file.path)).open(file, use, { signal, mayBlock: options.mayBlock });
    return outcomes;
  } catch (reason) {
    return wanted.map(({ signal }) => ({ status: "rejected", reason: signal?.aborted ? signal.reason : reason }));
  }
}

/** The bytes to read for a column. For one that the file lacks, these are only the lengths of its lists, if it has lists. */
const rangesOf = (location: ColumnLocation) =>
  location.absent && !location.absent.like ? [] : formatNamed(location.format).ranges(location);

/** The index of an earlier column of the same lists whose offsets were written; −1 if there is none. */
function likeOf(
  { column }: ColumnLocation,
  wanted: readonly WantedColumn[],
  outcomes: readonly PromiseSettledResult<ColumnRead>[],
): number {
  if (column.lists.length === 0) return -1;
  return outcomes.findIndex(
    (outcome, index) =>
      outcome.status === "fulfilled" &&
      outcome.value.offsetsOf === undefined &&
      wanted[index]!.location.column.lists.join() === column.lists.join(),
  );
}

type Read = ReadCounts & Pick<ColumnRead, "cost">;

function readOf({ cost, isAlike, ...counts }: Read, { bytes, like }: { readonly bytes: number; readonly like: number }): ColumnRead {
  return { ...counts, cost: { ...cost, bytes }, ...(isAlike && { offsetsOf: like }) };
}

async function readOne(
  reader: ByteReader,
  { location, target: own, signal }: WantedColumn,
  { opened, alike }: { readonly opened: object; readonly alike: ColumnTarget["offsets"] | undefined },
): Promise<Read> {
  const target = alike ? { ...own, alike } : own;
  const { file, column, firstEntry, entries } = location;
  refuseSmall(location, target);
  const begun = performance.now();
  let reading = 0;
  const timing = async <Result>(read: () => Promise<Result>): Promise<Result> => {
    const asked = performance.now();
    try {
      return await read();
    } finally {
      reading += performance.now() - asked;
    }
  };
  const timed: ByteReader = {
    byteLength: reader.byteLength,
    opened,
    slice: (start, end) => timing(() => reader.slice(start, end, { signal })),
    ...(reader.readInto && { readInto: (into, start) => timing(() => reader.readInto!(into, start, { signal })) }),
    ...(reader.readNow && {
      readNow(into, start) {
        signal?.throwIfAborted();
        const asked = performance.now();
        reader.readNow!(into, start);
        reading += performance.now() - asked;
      },
    }),
  };
  try {
    signal?.throwIfAborted();
    const format = formatNamed(location.format);
    const counts = location.absent ? await readAbsent(format, timed, location, target) : await format.read(timed, location, target);
    return { ...counts, cost: { bytes: 0, reading, decoding: Math.max(0, performance.now() - begun - reading) } };
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof DatasetError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const where = `column ${column.name} of ${baseName(file.path)} (entries ${firstEntry}–${firstEntry + entries})`;
    throw new DatasetError(`Cannot read ${where}, it is damaged or not as supported: ${reason}`, { cause, permanent: true });
  }
}

/** Throws if the target is too small, since typed arrays silently drop what does not fit. */
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

/** A reader that reports how many bytes come from the source. */
function counting(reader: ByteReader, onRead: (bytes: number) => void): ByteReader {
  const { byteLength, joined } = reader;
  return {
    byteLength,
    async slice(start, end, options) {
      const bytes = await reader.slice(start, end, options);
      onRead(bytes.byteLength);
      return bytes;
    },
    ...(reader.readInto && {
      async readInto(target, start, options) {
        await reader.readInto!(target, start, options);
        onRead(target.length);
      },
    }),
    ...(reader.readNow && {
      readNow(target, start) {
        reader.readNow!(target, start);
        onRead(target.length);
      },
    }),
    ...(joined && {
      joined: {
        ...joined,
        async read(ranges, options) {
          const buffers = await joined.read(ranges, options);
          for (const { start, end } of stretchesOf(ranges, joined.gap)) onRead(end - start);
          return buffers;
        },
      },
    }),
  };
}

/** A signal that aborts once all of these have aborted, with the reason of the last one; undefined if one of them can never abort. */
function whenAll(signals: readonly (AbortSignal | undefined)[]): AbortSignal | undefined {
  const present = signals.filter((each) => each !== undefined);
  if (present.length < signals.length || present.length < 2) return present.length === signals.length ? present[0] : undefined;
  const all = new AbortController();
  const check = () => {
    const last = present.find((each) => !each.aborted) ?? present.at(-1)!;
    if (last.aborted) all.abort(last.reason);
  };
  for (const each of present) each.addEventListener("abort", check, { once: true });
  check();
  return all.signal;
}
