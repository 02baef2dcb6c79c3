/** RNTuples in ROOT files, without the reader of ROOT files: the anchor is found by its bytes. */
import type { ColumnLocation } from "../../../../datasets/dataset.ts";
import type { FileColumn, FileDescription } from "../../../../datasets/format.ts";
import { type Anchor, parseAnchor } from "../../../../datasets/root/rntuple/anchor.ts";
import { describeRNTuple } from "../../../../datasets/root/rntuple/describe-rntuple.ts";
import { locatePages } from "../../../../datasets/root/rntuple/locate-pages.ts";
import { readPages } from "../../../../datasets/root/rntuple/read-pages.ts";
import type { ByteReader } from "../../../../datasets/sources/source.ts";
import { makeTarget } from "../../read-for-test.ts";

const className = Buffer.from("\rROOT::RNTuple");
const objectBytes = 78;

/** Finds the anchor of the last RNTuple in the file: its key has the class, the object's name and the title, and is followed by the object. */
export async function findAnchor(bytes: Buffer): Promise<Anchor> {
  for (let at = bytes.length; ; ) {
    at = bytes.lastIndexOf(className, at - 1);
    if (at < 0) throw new Error("no RNTuple is in the file");
    let end = at + className.length;
    for (let text = 0; text < 2; text++) end += 1 + bytes[end]!;
    const anchor = await parseAnchor(bytes.subarray(end, end + objectBytes)).catch(() => undefined);
    if (anchor) return anchor;
  }
}

export async function describeBytes(bytes: Buffer, reader: ByteReader, partitionEvents?: number): Promise<FileDescription> {
  return await describeRNTuple(reader, [{ name: "it", anchor: await findAnchor(bytes) }], { format: "root", partitionEvents });
}

/** A column of one unit, in arrays of just its size. */
export async function readUnit(
  reader: ByteReader,
  description: Pick<FileDescription, "units" | "places" | "nullable">,
  { name, column, unit }: { readonly name: string; readonly column: FileColumn; readonly unit: number },
) {
  const { elements, place } = locatePages(description, unit, column);
  const { entries, firstEntry } = description.units[unit]!;
  const form = {
    name,
    dtype: column.dtype,
    nullable: column.presence === undefined && description.nullable[column.index] === 1,
    lists: column.lists.map(String),
  };
  const file = { path: "/test.root", size: reader.byteLength, version: "" };
  const values = elements.at(-1) ?? entries;
  // The location is cloned as if it were sent to another thread.
  const location: ColumnLocation = structuredClone({ file, format: "root", column: form, firstEntry, entries, elements, values, place });
  const target = makeTarget(location);
  const read = await readPages(reader, location.place as typeof place, location, target);
  return { read, target, place, entries };
}
