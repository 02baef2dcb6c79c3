/**
 * What was read of a Parquet file's footer, as bytes to be stored, and back. A shape is stored once for all files that have it.
 *
 * A file: length of the header (uint32), the header as JSON, zeros up to a multiple of 8; then for each row group `start`, `length`, `uncompressed`,
 * `values` (float64 for each column chunk); then for each row group `codec`; then `nullable` (a byte for each). All little-endian, then gzip.
 */
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { FileShape, Leaf, ParquetFile, RowGroup } from "./chunk.ts";

type Bytes = Uint8Array<ArrayBuffer>;

interface Header {
  readonly shape: string;
  readonly columns: number;
  readonly groups: readonly { readonly entries: number; readonly firstEntry: number }[];
}

const compress = promisify(gzip);
const expand = promisify(gunzip);
const arraysPerGroup = 4;
/** A damaged body must not fill the memory. */
const mostBytes = 2 ** 30;

export async function encodeShape({ leaves, unsupported, digest }: FileShape): Promise<Bytes> {
  return pack(new TextEncoder().encode(JSON.stringify({ digest, unsupported, leaves: [...leaves] })));
}

/** Throws for what is not a shape. */
export async function decodeShape(body: Uint8Array): Promise<FileShape> {
  const { digest, unsupported, leaves } = JSON.parse(new TextDecoder().decode(await unpack(body)));
  if (typeof digest !== "string" || !Array.isArray(leaves) || !Array.isArray(unsupported)) throw new Error("it is not a shape");
  return { digest, unsupported, leaves: new Map<string, Leaf>(leaves) };
}

export async function encodeFile({ shape, rowGroups, nullable }: ParquetFile): Promise<Bytes> {
  const columns = nullable.length;
  const groups = rowGroups.map(({ entries, firstEntry }) => ({ entries, firstEntry }));
  const header = new TextEncoder().encode(JSON.stringify({ shape: shape.digest, columns, groups } satisfies Header));
  const { start, codecs, nullables, bytes } = layoutOf(header.length, columns, groups.length);
  const out = new Uint8Array(bytes);
  new DataView(out.buffer).setUint32(0, header.length, true);
  out.set(header, 4);
  const numbers = new Float64Array(out.buffer, start, arraysPerGroup * columns * groups.length);
  for (const [index, group] of rowGroups.entries()) {
    for (const [place, values] of [group.start, group.length, group.uncompressed, group.values].entries())
      numbers.set(values, (index * arraysPerGroup + place) * columns);
    out.set(group.codec, codecs + index * columns);
  }
  out.set(nullable, nullables);
  return pack(out);
}

/** Throws for what is not a file's metadata; undefined where `shapeOf` does not know its shape. */
export async function decodeFile(
  body: Uint8Array,
  shapeOf: (digest: string) => Promise<FileShape | undefined>,
): Promise<ParquetFile | undefined> {
  const bytes = await unpack(body);
  const headerLength = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + headerLength))) as Header;
  const { columns, groups } = header;
  const layout = layoutOf(headerLength, columns, groups.length);
  if (layout.bytes !== bytes.length) throw new Error(`it has ${bytes.length} bytes where ${layout.bytes} are required`);
  const shape = await shapeOf(header.shape);
  if (!shape) return undefined;
  const numbers = (index: number, place: number) =>
    new Float64Array(bytes.buffer, layout.start + 8 * (index * arraysPerGroup + place) * columns, columns);
  const rowGroups = groups.map(
    ({ entries, firstEntry }, index): RowGroup => ({
      entries,
      firstEntry,
      start: numbers(index, 0),
      length: numbers(index, 1),
      uncompressed: numbers(index, 2),
      values: numbers(index, 3),
      codec: bytes.subarray(layout.codecs + index * columns, layout.codecs + (index + 1) * columns),
    }),
  );
  return { shape, rowGroups, nullable: bytes.subarray(layout.nullables) };
}

/** Byte positions of the parts. */
function layoutOf(headerLength: number, columns: number, groups: number) {
  const start = Math.ceil((4 + headerLength) / 8) * 8;
  const codecs = start + 8 * arraysPerGroup * columns * groups;
  const nullables = codecs + columns * groups;
  return { start, codecs, nullables, bytes: nullables + columns };
}

async function pack(bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await compress(bytes, { level: 1 }));
}

/** In memory of its own, starting at 0: arrays of 8 bytes lie in it. */
async function unpack(body: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await expand(body, { maxOutputLength: mostBytes }));
}
