/** Reads columns of a partition from their copies on the disk, or from their file, and then makes copies if they are wanted. Safe on any thread. */
import { bytesPerValue } from "../../../engine/program/schema.ts";
import type { ColumnLocation, ColumnTarget } from "../../dataset.ts";
import { type ColumnRead, readColumns, type WantedColumn } from "../../read-column.ts";
import { readBlock, writeBlock } from "./block-file.ts";

/** The place of a column's copy: whether one should be there (`isThere`), and whether one shall be made if not (`isWanted`). */
export interface DiskPlace {
  readonly path: string;
  readonly isThere: boolean;
  readonly isWanted: boolean;
}

/** What became of the copy. `bytes` is the size of a new copy; `isDamaged` tells that the old copy was damaged. */
export type DiskOutcome =
  | { readonly kind: "found" }
  | { readonly kind: "made"; readonly bytes: number; readonly isDamaged?: boolean }
  | { readonly kind: "lost"; readonly isDamaged: boolean }
  | { readonly kind: "failed"; readonly reason: string };

export type ThroughRead = Omit<ColumnRead, "missing"> & { readonly disk?: DiskOutcome | undefined };
export type ThroughWanted = WantedColumn & { readonly disk?: DiskPlace | undefined };

/** As `readColumns`. If a copy cannot be used, the column is read from its file, and `disk` tells the reason. */
export async function readThrough(
  wanted: readonly ThroughWanted[],
  options: Parameters<typeof readColumns>[1] = {},
): Promise<readonly PromiseSettledResult<ThroughRead>[]> {
  const copies = wanted.map((each) => (each.disk?.isThere && !each.signal?.aborted ? readCopy(each, each.disk.path) : undefined));
  const isRead = (index: number) => copies[index] !== undefined && "values" in copies[index];
  const unread = [...wanted.keys()].filter((index) => !isRead(index));
  const fromFiles = await readColumns(
    unread.map((index) => wanted[index]!),
    options,
  );
  return wanted.map((each, index): PromiseSettledResult<ThroughRead> => {
    const copy = copies[index];
    if (copy && "values" in copy) return { status: "fulfilled", value: copy };
    const read = fromFiles[unread.indexOf(index)]!;
    if (read.status === "rejected") return read;
    const { missing: _, offsetsOf: shared, ...rest } = read.value;
    const offsetsOf = shared === undefined ? undefined : unread[shared]!;
    const whole = offsetsOf === undefined ? each : { ...each, target: { ...each.target, offsets: wanted[offsetsOf]!.target.offsets } };
    const made = each.disk?.isWanted ? makeCopy(whole, each.disk.path, read.value) : undefined;
    const isDamaged = copy?.kind === "lost" && copy.isDamaged;
    const disk = made?.kind === "made" && isDamaged ? { ...made, isDamaged } : (made ?? copy);
    return { status: "fulfilled", value: { ...rest, ...(offsetsOf !== undefined && { offsetsOf }), disk } };
  });
}

function readCopy({ location, target }: WantedColumn, path: string): ThroughRead | DiskOutcome {
  const begun = performance.now();
  try {
    const read = readBlock(path, arraysOf(target));
    if (read.kind !== "read") return { kind: "lost", isDamaged: read.kind === "damaged" };
    const { dtype } = location.column;
    const [bytes] = read.lengths as readonly [number];
    const stringBytes = target.strings && read.lengths[target.valid ? 2 : 1];
    return {
      values: bytes / bytesPerValue[dtype],
      ...(stringBytes !== undefined && { stringBytes }),
      cost: { bytes: 0, reading: performance.now() - begun, decoding: 0, fromDisk: true },
      disk: { kind: "found" },
    };
  } catch (error) {
    return { kind: "failed", reason: String(error) };
  }
}

function makeCopy({ location, target }: WantedColumn, path: string, read: ColumnRead): DiskOutcome {
  const lengths = lengthsOf(location, target, read);
  try {
    return {
      kind: "made",
      bytes: writeBlock(
        path,
        arraysOf(target).map((array, index) => array.subarray(0, lengths[index])),
      ),
    };
  } catch (error) {
    return { kind: "failed", reason: String(error) };
  }
}

/** The arrays of a column in their order in the file: values, validity, dictionary and offsets, as far as it has them. */
const arraysOf = ({ values, valid, strings, offsets }: ColumnTarget): readonly Uint8Array[] =>
  [values, valid, strings, ...offsets]
    .filter((array) => array !== undefined)
    .map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));

function lengthsOf({ column, entries }: ColumnLocation, { valid, strings, offsets }: ColumnTarget, read: ColumnRead): readonly number[] {
  const lengths = [read.values * bytesPerValue[column.dtype]];
  if (valid) lengths.push(read.values);
  if (strings) lengths.push(read.stringBytes ?? 0);
  let end = entries;
  for (const level of offsets) {
    lengths.push(4 * (end + 1));
    end = level[end]!;
  }
  return lengths;
}
