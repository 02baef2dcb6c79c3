/** The formats that are read, and the one that is written. A new format is one more row. */
import { DatasetError } from "./dataset.ts";
import type { DescribeOptions, FileDescription, FlatColumn, Format, TreeSummary } from "./format.ts";
import { parquet } from "./parquet/parquet.ts";
import { root } from "./root/root.ts";
import type { ByteReader } from "./sources/source.ts";

const formats: readonly Format[] = [parquet, root];

/** For people: the formats in which files may be. */
export const formatTitles = formats.map(({ title }) => title).join(" or ");

/** How the names of files end that a folder stands for. */
export const fileEndings = formats.map(({ ending }) => ending);

/** The format that this program writes. */
export const written = {
  ending: parquet.ending,
  /** Consecutive pieces of a file; some are views on the columns' values. Loaded when it is first used: threads that only read never do. */
  encode: async (columns: readonly FlatColumn[], entries: number, createdBy: string) =>
    (await import("./parquet/encode-file.ts")).encodeFile(columns, entries, createdBy),
};

/** Bytes that tell a format. */
const headBytes = 4;

/** Gets this thread ready to read: what else the first that reads a column would wait for. */
export async function prepareReading(): Promise<void> {
  await Promise.all(formats.map((format) => format.prepare?.()));
}

/** Described formats only: it was this program that wrote the name. */
export function formatNamed(name: string): Format {
  const format = formats.find((each) => each.name === name);
  if (format) return format;
  throw new DatasetError(`Cannot read files of the format ${name}: this version does not have it`, { permanent: true });
}

/** `name` is for messages. Throws `DatasetError`, permanent, for a file of no known format or a damaged one, and what the reader throws. */
export async function describeFile(file: ByteReader, name: string, options: DescribeOptions = {}): Promise<FileDescription> {
  const format = await formatOf(file);
  if (format) return await format.describe(file, name, options);
  const size = file.byteLength < headBytes ? `; it has ${file.byteLength} bytes` : "";
  throw new DatasetError(`Cannot read ${name}: it is not a ${formatTitles} file${size}`, { permanent: true });
}

/** The trees of a file; none where its format is unknown, or has no such thing. Throws as `describeFile`. */
export async function treesOf(file: ByteReader, name: string): Promise<readonly TreeSummary[]> {
  return (await (await formatOf(file))?.trees?.(file, name)) ?? [];
}

async function formatOf(file: ByteReader): Promise<Format | undefined> {
  const head = new Uint8Array(await file.slice(0, Math.min(headBytes, file.byteLength)));
  return formats.find((each) => each.recognises(head));
}
