/** The formats that are read, and the one that is written. A new format is one more row. */
import { DatasetError } from "./dataset.ts";
import type { DescribeOptions, FileDescription, FlatColumn, Format, TreeSummary } from "./format.ts";
import { parquet } from "./parquet/parquet.ts";
import { root } from "./root/root.ts";
import type { ByteReader } from "./sources/source.ts";

const formats: readonly Format[] = [parquet, root];

/** For people: the formats in which files may be. */
export const formatTitles = formats.map(({ title }) => title).join(" or ");

/** The endings of file names that count as data in a folder. */
export const fileEndings = formats.map(({ ending }) => ending);

/** The format that this program writes. */
export const written = {
  ending: parquet.ending,
  /** Returns consecutive pieces of the file; some are views of the columns' values. The code is loaded at first use, since threads that only read need none. */
  encode: async (columns: readonly FlatColumn[], entries: number, createdBy: string) =>
    (await import("./parquet/encode-file.ts")).encodeFile(columns, entries, createdBy),
};

/** The number of bytes at the front of a file by which its format is recognised. */
const headBytes = 4;

/** Loads and compiles what reading needs, so that the first columns of this thread need not wait for it. */
export async function prepareReading(): Promise<void> {
  await Promise.all(formats.map((format) => format.prepare?.()));
}

/** The format with this name. Throws a permanent `DatasetError` if this version has none; a description may come from another version. */
export function formatNamed(name: string): Format {
  const format = formats.find((each) => each.name === name);
  if (format) return format;
  throw new DatasetError(`Cannot read files of the format ${name}: this version does not have it`, { permanent: true });
}

/**
 * Throws a permanent `DatasetError` if the format is unknown or the file damaged, and whatever the reader throws. The ending of the name is believed where
 * the file is of that format, which saves reading its first bytes; otherwise these tell the format.
 */
export async function describeFile(file: ByteReader, name: string, options: DescribeOptions = {}): Promise<FileDescription> {
  const named = formats.find(({ ending }) => name.endsWith(ending));
  let refusal: unknown;
  try {
    if (named) return await named.describe(file, name, options);
  } catch (error) {
    if (!(error instanceof DatasetError && error.permanent)) throw error;
    refusal = error;
  }
  const format = await formatOf(file);
  if (format && format === named) throw refusal;
  if (format) return await format.describe(file, name, options);
  const size = file.byteLength < headBytes ? `; it has ${file.byteLength} bytes` : "";
  throw new DatasetError(`Cannot read ${name}: it is not a ${formatTitles} file${size}`, { permanent: true });
}

/** The trees of a file; none if its format is unknown or has no trees. Throws like `describeFile`. */
export async function treesOf(file: ByteReader, name: string): Promise<readonly TreeSummary[]> {
  return (await (await formatOf(file))?.trees?.(file, name)) ?? [];
}

async function formatOf(file: ByteReader): Promise<Format | undefined> {
  const head = new Uint8Array(await file.slice(0, Math.min(headBytes, file.byteLength)));
  return formats.find((each) => each.recognises(head));
}
