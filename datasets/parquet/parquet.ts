/** The Parquet format. A unit is a row group, or several neighbouring ones that together are large enough for a partition. */
import { DatasetError } from "../dataset.ts";
import type { DescribeOptions, FileDescription, Format } from "../format.ts";
import { borrow, giveBack } from "../sources/lend-bytes.ts";
import type { ByteReader } from "../sources/source.ts";
import { boundsOfColumn, type ColumnPlace, locateColumn, sizeOfColumn, typeNameOf } from "./column-chunk.ts";
import { format, parseFooter } from "./footer/parse-footer.ts";
import { decodeColumn, readFirstOffsets } from "./pages/decode-chunk.ts";
import { decodePresence } from "./pages/decode-presence.ts";

const magic = "PAR1";
const encryptedMagic = "PARE";
/** The bytes at the end of a file: the length of the footer, and the magic. */
const tailBytes = 8;
/** The bytes at the end of a file that are read first. For a remote file they nearly always suffice; a local one is read in small pieces. */
const firstLook = { far: 2 ** 19, near: 2 ** 13 };

export const parquet: Format = {
  name: format,
  title: "Parquet",
  ending: ".parquet",
  recognises: (head) => [magic, encryptedMagic].includes(textOf(head.subarray(0, magic.length))),
  describe: describeParquet,
  locate: locateColumn,
  boundsOf: boundsOfColumn,
  ranges: ({ place }) => (place as ColumnPlace).chunks.map(({ start, length }) => ({ start, end: start + length })),
  readFirstOffsets: (file, location) => readFirstOffsets(file, location.place as ColumnPlace),
  read(file, location, target) {
    const place = location.place as ColumnPlace;
    return (place.presence === undefined ? decodeColumn : decodePresence)(file, place, target, location);
  },
  typeName: typeNameOf,
  sizeOf: sizeOfColumn,
};

/** Describes a file from its footer: reads the end of the file and, if the footer is longer than that, the whole footer. */
async function describeParquet(file: ByteReader, name: string, { tree, partitionEvents }: DescribeOptions): Promise<FileDescription> {
  const refusal = (reason: string, cause?: unknown) => new DatasetError(`Cannot read ${name}: ${reason}`, { cause, permanent: true });
  if (tree !== undefined) throw refusal(`a Parquet file holds one table and no trees; leave ":${tree}" out`);
  const size = file.byteLength;
  if (size < tailBytes + magic.length) throw refusal(`it has ${size} bytes, too few for a Parquet file`);
  return await withEnd(file, async (last) => {
    const end = textOf(last.subarray(-magic.length));
    if (end === encryptedMagic) throw refusal("its footer is encrypted, which is not supported");
    if (end !== magic) throw refusal("it is a Parquet file without its end: truncated, or still being written");
    const length = new DataView(last.buffer, last.byteOffset).getUint32(last.length - tailBytes, true);
    const footerStart = size - tailBytes - length;
    if (footerStart < magic.length) throw refusal(`its footer is damaged (it states ${length} bytes where the file has ${size})`);
    const inLast = footerStart - (size - last.length);
    const footer = inLast >= 0 ? last.subarray(inLast, -tailBytes) : new Uint8Array(await file.slice(footerStart, size - tailBytes));
    try {
      return await parseFooter(footer, partitionEvents);
    } catch (cause) {
      throw refusal(`its footer is damaged (${cause instanceof Error ? cause.message : cause})`, cause);
    }
  });
}

/** Calls `use` with the last bytes of a file, which it must not keep. Those of near files are read into memory that is used again and again. */
async function withEnd<Result>(file: ByteReader, use: (last: Uint8Array) => Promise<Result>): Promise<Result> {
  const { byteLength } = file;
  const start = Math.max(0, byteLength - (file.joined ? firstLook.far : firstLook.near));
  if (file.joined || !file.readInto) return await use(new Uint8Array(await file.slice(start, byteLength)));
  const buffer = borrow(firstLook.near);
  try {
    const last = buffer.subarray(0, byteLength - start);
    await file.readInto(last, start);
    return await use(last);
  } finally {
    giveBack(buffer);
  }
}

const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
