/** Writes baskets of every form as ROOT does, and reads them as a column. */
import { deflateSync } from "node:zlib";
import type { ColumnTarget } from "../../../../datasets/dataset.ts";
import type { BasketsPlace, BranchForm, FileBasket } from "../../../../datasets/root/baskets/branch.ts";
import { readBaskets } from "../../../../datasets/root/baskets/read-baskets.ts";
import type { ByteReader } from "../../../../datasets/sources/source.ts";

/** Bytes with the highest first, by what writes each. */
export const u8 = (...values: number[]) => values;
export const u16 = (value: number) => [value >> 8, value & 255];
export const u32 = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
export const f32 = (value: number) => [...new Uint8Array(Float32Array.of(value).buffer)].reverse();
export const f64 = (value: number) => [...new Uint8Array(Float64Array.of(value).buffer)].reverse();
export const text = (value: string) => [value.length, ...value].map((each) => (typeof each === "number" ? each : each.charCodeAt(0)));

interface BasketOptions {
  readonly hasOffsets?: boolean;
  readonly isCompressed?: boolean;
}

/** A basket of these entries, with its key. */
function basketOf(entries: readonly (readonly number[])[], { hasOffsets = true, isCompressed = true }: BasketOptions = {}): number[] {
  const names = [...text("TBasket"), ...text("x"), ...text("t")];
  const keyBytes = 26 + names.length + 19;
  const content = entries.flat();
  let at = keyBytes;
  const starts = entries.map((entry) => {
    at += entry.length;
    return at - entry.length;
  });
  const object = [...content, ...(hasOffsets ? [...u32(entries.length + 1), ...starts.flatMap(u32), ...u32(0)] : [])];
  const packed = [...deflateSync(Uint8Array.from(object))];
  const uint24 = (value: number) => [value & 255, (value >> 8) & 255, value >> 16];
  const block = [...text("ZL").slice(1), 8, ...uint24(packed.length), ...uint24(object.length), ...packed];
  // As ROOT does, a block that would not be shorter is not compressed. The compressed length depends on the host.
  const stored = isCompressed && block.length < object.length ? block : object;
  const key = [
    ...u32(keyBytes + stored.length),
    ...u16(4),
    ...u32(object.length),
    ...u32(0),
    ...u16(keyBytes),
    ...u16(1),
    ...u32(0),
    ...u32(0),
  ];
  const fields = [...u16(3), ...u32(32_000), ...u32(1000), ...u32(entries.length), ...u32(keyBytes + content.length), 0];
  return [...key, ...names, ...fields, ...stored];
}

/** Makes a file of baskets one after another; returns also where they are. */
function fileOf(baskets: readonly { readonly bytes: readonly number[]; readonly entries: number }[]): {
  readonly bytes: Uint8Array;
  readonly baskets: FileBasket[];
} {
  let [seek, firstEntry] = [0, 0];
  const places = baskets.map(({ bytes, entries }): FileBasket => {
    const place = { kind: "file", seek, bytes: bytes.length, firstEntry, entries } as const;
    seek += bytes.length;
    firstEntry += entries;
    return place;
  });
  return { bytes: Uint8Array.from(baskets.flatMap(({ bytes }) => bytes)), baskets: places };
}

const readerOf = (bytes: Uint8Array): ByteReader => ({
  byteLength: bytes.length,
  slice: async (start, end = bytes.length) => bytes.slice(start, end).buffer as ArrayBuffer,
});

interface Wanted {
  readonly firstEntry: number;
  readonly entries: number;
  /** Room for elements of each level. */
  readonly elements?: readonly number[];
}

export async function read(bytes: Uint8Array, place: Omit<BasketsPlace, "kind">, { firstEntry, entries, elements = [] }: Wanted) {
  const values = elements.at(-1) ?? entries;
  const isText = place.form.type === "string";
  const target: ColumnTarget = {
    values: isText ? new Int32Array(values) : new Float64Array(values),
    offsets: elements.map((_, level) => new Uint32Array((level === 0 ? entries : elements[level - 1]!) + 1)),
    ...(isText && { strings: new Uint8Array(2 ** 21) }),
  };
  const column = { name: "x", dtype: isText ? "string" : "float64", nullable: false, lists: elements.map(String) } as const;
  const counts = await readBaskets(
    readerOf(bytes),
    { kind: "baskets", ...place },
    { column, firstEntry, entries, elements, values },
    target,
  );
  const ends = [entries];
  for (const [level, offsets] of target.offsets.entries()) ends.push(offsets[ends[level]!]!);
  return {
    values: [...(target.values as Float64Array).subarray(0, counts.values)],
    offsets: target.offsets.map((offsets, level) => [...offsets.subarray(0, ends[level]! + 1)]),
  };
}

export const formOf = (form: Partial<BranchForm> & Pick<BranchForm, "type">): BranchForm => ({
  kind: "branch",
  header: 0,
  levels: [],
  ...form,
});
/** Entries of two baskets, compressed and not. */
export const inTwo = (entries: readonly (readonly number[])[], split: number, options: BasketOptions = {}) =>
  fileOf([
    { bytes: basketOf(entries.slice(0, split), options), entries: split },
    { bytes: basketOf(entries.slice(split), { ...options, isCompressed: false }), entries: entries.length - split },
  ]);
