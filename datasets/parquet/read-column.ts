/**
 * One column of one partition, from its file into the caller's arrays.
 *
 * Promises: the file was the one of the location before and after, and what `decodeChunk` promises. Every failure is a
 * `DatasetError` that names file, column and what was wrong; permanent unless the file changed or could not be read. Safe on any thread.
 */
import { basename } from "node:path";
import { type ColumnLocation, type ColumnTarget, DatasetError } from "../dataset.ts";
import { withUnchangedFile } from "../sources/local-file.ts";
import { type OnRead, observeSource } from "../sources/observed-source.ts";
import type { ParquetChunk } from "./chunk.ts";
import { type Decoded, decodeChunk } from "./decode-chunk.ts";

/** Fills `target.values` from its front, `valid` alike, and of `offsets` the numbers 0 to `entries`; what lies behind is left alone. */
export async function readColumn(
  location: ColumnLocation,
  target: ColumnTarget,
  options: { readonly onRead?: OnRead } = {},
): Promise<Decoded> {
  const chunk = location.chunk as ParquetChunk;
  checkTarget(location, chunk, target);
  return await withUnchangedFile(location.file, async (file) => {
    const source = options.onRead ? observeSource(file, options.onRead) : file;
    try {
      return await decodeChunk(source, chunk, target, location);
    } catch (cause) {
      if (cause instanceof DatasetError) throw cause;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const where = `column ${location.column.name} of ${basename(location.file.path)} (row group ${chunk.rowGroup})`;
      throw new DatasetError(`Cannot read ${where}, it is damaged or not as supported: ${reason}`, { cause, permanent: true });
    }
  });
}

/** A target that is too small is the caller's fault: typed arrays would drop the rest in silence. */
function checkTarget({ column, entries, values }: ColumnLocation, { levels }: ParquetChunk, target: ColumnTarget): void {
  const fits =
    target.values.length >= values &&
    (!column.nullable || (target.valid?.length ?? 0) >= values) &&
    (!levels.list || (target.offsets[0]?.length ?? 0) > entries);
  if (!fits) throw new RangeError(`The target of column ${column.name} must hold ${values} values and ${entries} entries`);
}
