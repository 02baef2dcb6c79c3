/** A file of a dataset as it was at the last look: what its metadata say, or why it cannot be read. */
import { sha256 } from "../../engine/sha256.ts";
import { baseName, DatasetError, type FileIdentity, type Partition } from "../dataset.ts";
import type { DescribeOptions, FileDescription, FileShape } from "../format.ts";
import { describeFile } from "../formats.ts";
import { readBlocks } from "../sources/read-blocks.ts";
import type { ByteReader, FoundFile, OpenOptions } from "../sources/source.ts";
import { sourceOf } from "../sources/sources.ts";

export type DatasetFile = { readonly file: FileIdentity; readonly partitions: readonly Omit<Partition, "index">[] } & (
  | { readonly kind: "described"; readonly description: FileDescription }
  | ({ readonly kind: "broken" } & BrokenDatasetFile)
);

/** Why a file cannot be read. */
export interface BrokenDatasetFile {
  readonly cause: string;
  readonly permanent: boolean;
}

export interface ReadDescriptionOptions extends DescribeOptions, Pick<OpenOptions, "mayBlock"> {}

/** Reads the description of a file. Never rejects with `DatasetError`: if a file cannot be read, a broken one is returned. */
export async function readDescription(
  { file, cause }: FoundFile,
  { tree, partitionEvents, mayBlock }: ReadDescriptionOptions,
): Promise<FileDescription | BrokenDatasetFile> {
  const name = baseName(file.path);
  if (cause !== undefined) return { cause: `Cannot read ${name}: ${cause}`, permanent: false };
  const describe = (reader: ByteReader) => describeFile(readBlocks(reader), name, { tree, partitionEvents });
  try {
    return await sourceOf(file.path).open(file, describe, { mayBlock });
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    return { cause: error.message, permanent: error.permanent };
  }
}

/** Makes files of equal shape share one object, so that a wide schema is kept once and not once per file. */
export function shareShapes(files: readonly DatasetFile[]): readonly DatasetFile[] {
  const shapes = new Map<string, FileShape>();
  return files.map((file) => {
    if (file.kind === "broken") return file;
    const { shape } = file.description;
    const shared = shapes.get(shape.digest);
    if (!shared) shapes.set(shape.digest, shape);
    return shared && shared !== shape ? { ...file, description: { ...file.description, shape: shared } } : file;
  });
}

export async function describedFile(file: FileIdentity, description: FileDescription, tree: string | undefined): Promise<DatasetFile> {
  const ranges = description.units.map(({ entries, firstEntry }, unit) => ({ file, unit, entries, firstEntry }));
  const partitions = await Promise.all(ranges.filter(({ entries }) => entries > 0).map((range) => withFingerprint(range, tree)));
  return { kind: "described", file, description, partitions };
}

export async function brokenFile(
  file: FileIdentity,
  { cause, permanent }: BrokenDatasetFile,
  tree: string | undefined,
): Promise<DatasetFile> {
  const partition = await withFingerprint({ file, unit: 0, entries: 0, firstEntry: 0 }, tree);
  return { kind: "broken", file, cause, permanent, partitions: [partition] };
}

/** Adds the fingerprint of a range of entries. It depends on the tree, since entries of two trees in one file are different. */
async function withFingerprint(
  range: Omit<Partition, "index" | "fingerprint">,
  tree: string | undefined,
): Promise<Omit<Partition, "index">> {
  const { file, firstEntry, entries } = range;
  const parts = [file.path, file.size, file.version, firstEntry, entries, ...(tree === undefined ? [] : [tree])];
  return { ...range, fingerprint: await sha256(JSON.stringify(parts)) };
}
