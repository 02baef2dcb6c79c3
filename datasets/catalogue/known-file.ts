/** A file of a dataset as it was at the last look: what its metadata says, or why it cannot be read. */
import { basename } from "node:path";
import { DatasetError, type FileIdentity, type Partition } from "../dataset.ts";
import type { FileShape, ParquetFile } from "../parquet/chunk.ts";
import { readFooter } from "../parquet/read-footer.ts";
import type { FoundFile } from "../sources/find-files.ts";
import { withUnchangedFile } from "../sources/local-file.ts";
import { fingerprintOf } from "./fingerprint.ts";

export type KnownFile = { readonly file: FileIdentity; readonly partitions: readonly Omit<Partition, "index">[] } & (
  | { readonly kind: "read"; readonly content: ParquetFile }
  | { readonly kind: "broken"; readonly cause: string; readonly permanent: boolean }
);

/** Never rejects with `DatasetError`: a file that cannot be read is a broken one. `onRead` is given what was read of the file itself. */
export async function readKnownFile(
  { file, cause }: FoundFile,
  { recalled, onRead }: { readonly recalled?: ParquetFile | undefined; readonly onRead?: (content: ParquetFile) => Promise<void> },
): Promise<KnownFile> {
  const name = basename(file.path);
  try {
    if (cause !== undefined) throw new DatasetError(`Cannot read ${name}: ${cause}`, { permanent: false });
    if (recalled) return describeFile(file, recalled);
    const content = await withUnchangedFile(file, (source) => readFooter(source, name));
    await onRead?.(content);
    return describeFile(file, content);
  } catch (error) {
    if (!(error instanceof DatasetError)) throw error;
    return describeBroken(file, error);
  }
}

/** Files of equal shape share one: a wide schema is kept once, not once a file. */
export function shareShapes(files: readonly KnownFile[]): readonly KnownFile[] {
  const shapes = new Map<string, FileShape>();
  return files.map((file) => {
    if (file.kind === "broken") return file;
    const { shape } = file.content;
    const shared = shapes.get(shape.digest);
    if (!shared) shapes.set(shape.digest, shape);
    return shared && shared !== shape ? { ...file, content: { ...file.content, shape: shared } } : file;
  });
}

async function describeFile(file: FileIdentity, content: ParquetFile): Promise<KnownFile> {
  const groups = content.rowGroups.map((group, rowGroup) => ({ file, rowGroup, entries: group.entries, firstEntry: group.firstEntry }));
  const partitions = await Promise.all(groups.filter(({ entries }) => entries > 0).map(withFingerprint));
  return { kind: "read", file, content, partitions };
}

async function describeBroken(file: FileIdentity, { message, permanent }: DatasetError): Promise<KnownFile> {
  const partition = await withFingerprint({ file, rowGroup: 0, entries: 0, firstEntry: 0 });
  return { kind: "broken", file, cause: message, permanent, partitions: [partition] };
}

async function withFingerprint(partition: Omit<Partition, "index" | "fingerprint">): Promise<Omit<Partition, "index">> {
  return { ...partition, fingerprint: await fingerprintOf(partition) };
}
