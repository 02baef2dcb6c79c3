/**
 * Encodes descriptions of files as bytes for the store, and decodes them. A shape is stored once for all files that have it.
 *
 * A file consists of the length of the header (uint32), the header as JSON, zeros up to a multiple of 8, and the arrays that the header names, each beginning
 * at a multiple of 8. A shape is JSON. All is little-endian. Bodies longer than `smallest` are then compressed with gzip; their arrays of 8-byte numbers have the
 * first byte of each number, then the second of each, and so on, since most of the last bytes are equal and compress well. Shorter bodies get a checksum (FNV-1a
 * over uint32) at their end instead, since compressing them would take about as long as reading the file that they describe.
 */
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { FileColumn, FileDescription, FileShape } from "../format.ts";

type Bytes = Uint8Array<ArrayBuffer>;

interface Header {
  /** Digest of the shape. */
  readonly shape: string;
  readonly units: FileDescription["units"];
  readonly arrays: readonly { readonly name: string; readonly width: 1 | 8; readonly length: number }[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const compress = promisify(gzip);
const expand = promisify(gunzip);
/** In bytes. A body up to this size shares a page of LMDB with others. No shorter body begins with the signature of gzip. */
const smallest = 2_048;
/** The most bytes of a decompressed body, so that a damaged one cannot exhaust the memory. */
const mostBytes = 2 ** 30;

export async function encodeShape({ columns, ...rest }: FileShape): Promise<Bytes> {
  return await pack(encoder.encode(JSON.stringify({ ...rest, columns: [...columns] })));
}

/** Decodes a shape; throws if the body is none. */
export async function decodeShape(body: Uint8Array): Promise<FileShape> {
  const { format, digest, unsupported, tree, hasBounds, columns } = JSON.parse(decoder.decode(await unpack(body)));
  const isShape = typeof format === "string" && typeof digest === "string" && Array.isArray(columns) && Array.isArray(unsupported);
  if (!isShape) throw new Error("it is not a shape");
  const more = { ...(typeof tree === "string" && { tree }), ...(hasBounds === true && { hasBounds }) };
  return { format, digest, unsupported, ...more, columns: new Map<string, FileColumn>(columns) };
}

export async function encodeDescription({ shape, units, values, places, ...flags }: FileDescription): Promise<Bytes> {
  const { nullable, rounded, nullLists, likeness } = flags;
  const optional = { ...(rounded && { rounded }), ...(nullLists && { nullLists }), ...(likeness && { likeness }) };
  const named = Object.entries({ nullable, values, ...optional, ...places });
  const arrays = named.map(([name, { BYTES_PER_ELEMENT, length }]) => ({ name, width: BYTES_PER_ELEMENT as 1 | 8, length }));
  const header = encoder.encode(JSON.stringify({ shape: shape.digest, units, arrays } satisfies Header));
  const { starts, end } = layoutOf(header.length, arrays);
  const out = new Uint8Array(end);
  const isShort = end <= smallest;
  new DataView(out.buffer).setUint32(0, header.length, true);
  out.set(header, 4);
  for (const [index, [, array]] of named.entries()) {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    if (isShort) out.set(bytes, starts[index]);
    else transpose(bytes, out.subarray(starts[index], starts[index] + bytes.length), { from: array.BYTES_PER_ELEMENT, to: 1 });
  }
  return await pack(out);
}

/** Decodes a description; throws if the body is none. Undefined if `shapeOf` does not know its shape. */
export async function decodeDescription(
  body: Uint8Array,
  shapeOf: (digest: string) => Promise<FileShape | undefined>,
): Promise<FileDescription | undefined> {
  const bytes = await unpack(body);
  const headerLength = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(decoder.decode(bytes.subarray(4, 4 + headerLength))) as Header;
  const { starts, end } = layoutOf(headerLength, header.arrays);
  if (end !== bytes.length) throw new Error(`it has ${bytes.length} bytes where ${end} are required`);
  const shape = await shapeOf(header.shape);
  if (!shape) return undefined;
  // The arrays share one buffer: thousands of small files have them, and a buffer costs more memory than such an array's content.
  const first = starts[0] ?? end;
  const memory = end <= smallest ? bytes.slice(first) : new Uint8Array(end - first);
  const array = ({ width, length }: Header["arrays"][number], index: number) => {
    const [start, size] = [starts[index]!, width * length];
    if (end > smallest) {
      transpose(bytes.subarray(start, start + size), memory.subarray(start - first, start - first + size), { from: 1, to: width });
    }
    return width === 1 ? new Uint8Array(memory.buffer, start - first, length) : new Float64Array(memory.buffer, start - first, length);
  };
  const arrays = Object.fromEntries(header.arrays.map((each, index) => [each.name, array(each, index)]));
  const { nullable, rounded, nullLists, values, likeness, ...places } = arrays;
  if (!(nullable instanceof Uint8Array && values instanceof Float64Array)) throw new Error("it lacks what every description has");
  return {
    shape,
    units: header.units,
    nullable,
    ...(rounded instanceof Uint8Array && { rounded }),
    ...(nullLists instanceof Uint8Array && { nullLists }),
    values,
    ...(likeness instanceof Float64Array && { likeness }),
    places,
  };
}

/** Returns the byte at which each array starts, and that where the last one ends. */
function layoutOf(headerLength: number, arrays: Header["arrays"]): { readonly starts: readonly number[]; readonly end: number } {
  const upToEight = (bytes: number) => Math.ceil(bytes / 8) * 8;
  const starts: number[] = [];
  let end = upToEight(4 + headerLength);
  for (const { width, length } of arrays) {
    starts.push(end);
    end += upToEight(width * length);
  }
  return { starts, end };
}

/**
 * Converts between whole numbers one after another and their bytes ordered by place. `from` and `to` are the strides in source and target; one of them is 1, on
 * the side of the bytes ordered by place.
 */
function transpose(source: Uint8Array, target: Uint8Array, { from, to }: { readonly from: number; readonly to: number }): void {
  const width = Math.max(from, to);
  const count = source.length / width;
  for (let place = 0; place < width; place++) {
    const [read, write] = to === 1 ? [place, place * count] : [place * count, place];
    for (let index = 0; index < count; index++) target[write + index * to] = source[read + index * from];
  }
}

async function pack(bytes: Bytes): Promise<Bytes> {
  if (bytes.length <= smallest) {
    const body = new Uint8Array(bytes.length + 4);
    body.set(bytes);
    new DataView(body.buffer).setUint32(bytes.length, checksum(bytes), true);
    return body;
  }
  return new Uint8Array(await compress(bytes, { level: 1 }));
}

/** Decompresses a body to memory of its own from address 0 on, since it contains arrays of 8-byte numbers. */
async function unpack(body: Uint8Array): Promise<Bytes> {
  if (body[0] !== 0x1f || body[1] !== 0x8b) {
    const bytes = new Uint8Array(body.subarray(0, Math.max(0, body.length - 4)));
    const written = new DataView(body.buffer, body.byteOffset, body.length).getUint32(bytes.length, true);
    if (written !== checksum(bytes)) throw new Error("its checksum does not match its content");
    return bytes;
  }
  return new Uint8Array(await expand(body, { maxOutputLength: mostBytes }));
}

function checksum(bytes: Bytes): number {
  const words = Math.floor(bytes.length / 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let sum = 0x811c9dc5;
  for (let word = 0; word < words; word++) sum = Math.imul(sum ^ view.getUint32(4 * word, true), 0x01000193);
  for (let at = 4 * words; at < bytes.length; at++) sum = Math.imul(sum ^ bytes[at]!, 0x01000193);
  return sum >>> 0;
}
