/** A file of a dataset as it was at the last look: what its metadata say, or why it cannot be read. */
import { sha256 } from "../../engine/sha256.ts";
import { baseName, DatasetError, type FileIdentity, type Partition } from "../dataset.ts";
import type { FileDescription, FileShape } from "../format.ts";
import { describeFile } from "../formats.ts";
import type { FoundFile } from "../sources/source.ts";
import { sourceOf } from "../sources/sources.ts";

export type DatasetFile = { readonly file: FileIdentity; readonly partitions: readonly Omit<Partition, "index">[] } & (
  | { readonly kind: "described"; readonly description: FileDescription }
  | { readonly kind: "broken"; readonly cause: string; readonly permanent: boolean }
);

/** Never rejects with `DatasetError`: a file that cannot be read is a broken one. `onRead` is given what was read of the file itself. */
export async function readDatasetFile(
  { file, cause }: FoundFile,
  options: { readonly recalled?: FileDescription | undefined; readonly onRead: (description: FileDescription) => Promise<void> },
): Promise<DatasetFile> {
  const name = baseName(file.path);
  try {
    if (cause !== undefined) throw new DatasetError(`Cannot read ${name}: ${cause}`, { permanent: false });
    if (options.recalled) return await described(file, options.recalled);
    const description = await sourceOf(file.path).open(file, (reader) => describeFile(reader, name));
    await options.onRead(description);
    return await described(file, description);
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    return await broken(file, error);
  }
}

/** Files of equal shape share one: a wide schema is kept once, not once a file. */
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

async function described(file: FileIdentity, description: FileDescription): Promise<DatasetFile> {
  const ranges = description.units.map(({ entries, firstEntry }, unit) => ({ file, unit, entries, firstEntry }));
  const partitions = await Promise.all(ranges.filter(({ entries }) => entries > 0).map(withFingerprint));
  return { kind: "described", file, description, partitions };
}

async function broken(file: FileIdentity, { message, permanent }: DatasetError): Promise<DatasetFile> {
  const partition = await withFingerprint({ file, unit: 0, entries: 0, firstEntry: 0 });
  return { kind: "broken", file, cause: message, permanent, partitions: [partition] };
}

async function withFingerprint(range: Omit<Partition, "index" | "fingerprint">): Promise<Omit<Partition, "index">> {
  const { file, firstEntry, entries } = range;
  return { ...range, fingerprint: await sha256(JSON.stringify([file.path, file.size, file.version, firstEntry, entries])) };
}
