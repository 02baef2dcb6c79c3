/**
 * A partial: the result of one program over one partition. As bytes, all little-endian:
 *
 *   0   8 bytes   "femtoqP4"
 *   8   16 bytes  the first half of the SHA-256 of everything after it
 *   24  u32       length of the header in bytes, a multiple of 8 with trailing spaces
 *   28  4 bytes   zero
 *   32  header    JSON: { entries, filters: [events, …], totals?: [{ sum, values, least?, largest?, nonFinite }, …], histograms: [{ storage, fills, nonFinite, nonFiniteSamples?, range?, cells, filled? }, …], rows?: { count, columns: [{ kind, hasMissing?, strings? }, …] } }
 *       arrays    float64. First the weight of each filter. Then for each histogram the quantities of its storage, one after the other, for all cells; with
 *                 `filled`, that many cell numbers come first, and the quantities are for these cells. Then for each column of rows its values and, if
 *                 `hasMissing`, a byte for each value (1: there, 0: missing), padded to a multiple of eight.
 *
 * The sum of a total is exact: the text `D.Z`, with the hexadecimal digits D, means D · 16^Z · 2^-1074.
 *
 * Counts are whole numbers up to 2^53. The version in the first eight bytes changes with this form.
 */

import type { AxisShape } from "../axes/axes.ts";
import { type PartialRows, readRows, rowArrays, type WrittenRows, writeRows } from "../rows/rows.ts";
import { digest } from "../sha256.ts";
import type { Contents } from "../storages/storage-kind.ts";
import { type StorageName, storages } from "../storages/storages.ts";
import type { FoundRange } from "./found-range.ts";
import { nothingAdded, type PartialTotal, readTotal, writeTotal } from "./total.ts";

export interface PartialHistogram {
  readonly storage: StorageName;
  /** The number of elements filled. */
  readonly fills: number;
  /** The number of elements not filled because their weight was not finite. */
  readonly nonFinite: number;
  /** The number of elements not filled because their sample was not finite (but their weight was). Absent if the storage takes no sample. */
  readonly nonFiniteSamples?: number;
  /** The range that an `auto` axis found. */
  readonly range?: FoundRange;
  /** The number of cells, flow bins included. */
  readonly cells: number;
  /** The numbers, ascending, of the cells in `contents`; all cells if absent. */
  readonly filled?: Float64Array;
  /** The quantities of the storage, by name, for each cell. */
  readonly contents: Contents;
}

export interface PartialResult {
  /** The partition's number of events. */
  readonly entries: number;
  readonly filters: readonly { readonly events: number; readonly weight: number }[];
  /** Absent if the program has none. */
  readonly totals?: readonly PartialTotal[];
  readonly histograms: readonly PartialHistogram[];
  /** Absent if the program has none. */
  readonly rows?: PartialRows;
}

/** The parts of a program that decide the form of its partials. */
export interface PartialShape {
  readonly filters: readonly unknown[];
  readonly totals?: readonly unknown[];
  readonly histograms: readonly { readonly axes: readonly AxisShape[]; readonly storage: StorageName }[];
  readonly rows?: { readonly columns: readonly unknown[]; readonly limit: number };
}

const magic = new TextEncoder().encode("femtoqP4");
const headerAt = 32;

interface Header {
  readonly entries: number;
  readonly filters: readonly number[];
  readonly totals?: readonly WrittenTotal[];
  readonly histograms: readonly (Omit<PartialHistogram, "filled" | "contents"> & { readonly filled?: number })[];
  readonly rows?: WrittenRows;
}

/** Least and largest are absent if there are no values. */
interface WrittenTotal extends Pick<PartialTotal, "values" | "nonFinite"> {
  readonly sum: string;
  readonly least?: number;
  readonly largest?: number;
}

const writeOne = ({ sum, values, least, largest, nonFinite }: PartialTotal): WrittenTotal => ({
  sum: writeTotal(sum),
  values,
  ...(values > 0 && { least, largest }),
  nonFinite,
});

/** The bytes of a partial. Equal partials have equal bytes. */
export async function encodePartial(partial: PartialResult): Promise<Uint8Array<ArrayBuffer>> {
  const header: Header = {
    entries: partial.entries,
    filters: partial.filters.map(({ events }) => events),
    ...(partial.totals && { totals: partial.totals.map(writeOne) }),
    // The fields in a fixed order, so that equal partials have equal bytes.
    histograms: partial.histograms.map(({ storage, fills, nonFinite, nonFiniteSamples, range, cells, filled }) => ({
      storage,
      fills,
      nonFinite,
      ...(nonFiniteSamples !== undefined && { nonFiniteSamples }),
      ...(range && { range: { exponent: range.exponent, first: range.first, bins: range.bins } }),
      cells,
      ...(filled && { filled: filled.length }),
    })),
    ...(partial.rows && { rows: writeRows(partial.rows) }),
  };
  const text = JSON.stringify(header);
  const written = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const arrays = [
    Float64Array.from(partial.filters, ({ weight }) => weight),
    ...partial.histograms.flatMap(({ storage, filled, contents }) => [
      ...(filled ? [filled] : []),
      ...Object.keys(storages[storage].quantities).map((name) => contents[name]),
    ]),
    ...(partial.rows ? rowArrays(partial.rows) : []),
  ];
  const bytes = new Uint8Array(headerAt + written.length + arrays.reduce((sum, array) => sum + array.byteLength, 0));
  new DataView(bytes.buffer).setUint32(24, written.length, true);
  bytes.set(magic);
  bytes.set(written, headerAt);
  let at = headerAt + written.length;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += array.byteLength;
  }
  bytes.set(await checksum(bytes), 8);
  return bytes;
}

/** The bytes are no partial of this version, or are damaged. */
export class DamagedPartial extends Error {
  override readonly name = "DamagedPartial";
}

/** The partial that `encodePartial` encoded. Throws `DamagedPartial`. `isIntact`: the checksum need not be compared. */
export async function decodePartial(bytes: Uint8Array, { isIntact = false } = {}): Promise<PartialResult> {
  if (bytes.length < headerAt || magic.some((byte, index) => bytes[index] !== byte))
    throw new DamagedPartial("this is not a partial of version 4");
  const sum = isIntact ? undefined : await checksum(bytes);
  if (sum?.some((byte, index) => bytes[8 + index] !== byte)) throw new DamagedPartial("the partial's checksum does not match its content");
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset).getUint32(24, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(headerAt, headerAt + headerLength))) as Header;
  let at = headerAt + headerLength;
  const take = (count: number): Float64Array => {
    const array = new Float64Array(bytes.slice(at, at + count * 8).buffer);
    at += count * 8;
    return array;
  };
  const weights = take(header.filters.length);
  return {
    entries: header.entries,
    filters: header.filters.map((events, index) => ({ events, weight: weights[index] })),
    ...(header.totals && { totals: header.totals.map(({ sum, ...rest }) => ({ ...nothingAdded, ...rest, sum: readTotal(sum) })) }),
    histograms: header.histograms.map(({ filled: count, ...rest }) => {
      const filled = count === undefined ? undefined : take(count);
      const names = Object.keys(storages[rest.storage].quantities);
      const contents: Contents = Object.fromEntries(names.map((name) => [name, take(count ?? rest.cells)]));
      return { ...rest, ...(filled && { filled }), contents };
    }),
    ...(header.rows && { rows: readRows(header.rows, take) }),
  };
}

/** Several partials as one body: each with its length in bytes (u32, and four zero bytes) before it. */
export async function encodePartials(partials: readonly PartialResult[]): Promise<Uint8Array<ArrayBuffer>> {
  const encoded = await Promise.all(partials.map(encodePartial));
  const bytes = new Uint8Array(encoded.reduce((sum, { length }) => sum + 8 + length, 0));
  let at = 0;
  for (const each of encoded) {
    new DataView(bytes.buffer).setUint32(at, each.length, true);
    bytes.set(each, at + 8);
    at += 8 + each.length;
  }
  return bytes;
}

/** The partials that `encodePartials` encoded. Throws `DamagedPartial`. */
export async function decodePartials(bytes: Uint8Array): Promise<readonly PartialResult[]> {
  const partials: PartialResult[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 8 > bytes.length) throw new DamagedPartial("the partials end too early");
    const end = at + 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
    partials.push(await decodePartial(bytes.subarray(at + 8, end)));
    at = end;
  }
  return partials;
}

async function checksum(bytes: Uint8Array): Promise<Uint8Array> {
  return (await digest(bytes.subarray(24))).subarray(0, 16);
}
