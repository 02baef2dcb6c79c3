/** The types of columns, with their numbers in the format's specification: how their elements are stored in a page, and which of our types they become. */
import type { DType } from "../../../engine/program/schema.ts";
import type { PhysicalColumn } from "./schema.ts";

export interface Encoding {
  /** One element, little-endian. `bits` are packed; `truncated` is the upper bits of a float32; `quantised` an integer that stands for a point in a range. */
  readonly numbers:
    | "bits"
    | "int8"
    | "uint8"
    | "int16"
    | "uint16"
    | "int32"
    | "uint32"
    | "int64"
    | "uint64"
    | "float16"
    | "float32"
    | "float64"
    | "truncated"
    | "quantised";
  /** The first bytes of all elements are stored first, then all second bytes, and so on. */
  readonly isSplit?: boolean;
  /** The lowest bit is the sign: 0, 1, 2, 3 … mean 0, -1, 1, -2 … */
  readonly isZigzag?: boolean;
  /** All elements of a page but the first are differences from the one before. */
  readonly isDelta?: boolean;
  /** The elements are ends of lists, counted from the beginning of the cluster. */
  readonly isIndex?: boolean;
}

const split = { isSplit: true } as const;
const zigzag = { isSplit: true, isZigzag: true } as const;

const encodings: readonly (Encoding | undefined)[] = [
  { numbers: "bits" },
  { numbers: "uint8" },
  { numbers: "uint8" },
  { numbers: "int8" },
  { numbers: "uint8" },
  { numbers: "int16" },
  { numbers: "uint16" },
  { numbers: "int32" },
  { numbers: "uint32" },
  { numbers: "int64" },
  { numbers: "uint64" },
  { numbers: "float16" },
  { numbers: "float32" },
  { numbers: "float64" },
  { numbers: "uint32", isIndex: true },
  { numbers: "uint64", isIndex: true },
  // The column of a variant, which is not supported.
  undefined,
  { numbers: "int16", ...zigzag },
  { numbers: "uint16", ...split },
  { numbers: "int32", ...zigzag },
  { numbers: "uint32", ...split },
  { numbers: "int64", ...zigzag },
  { numbers: "uint64", ...split },
  { numbers: "float16", ...split },
  { numbers: "float32", ...split },
  { numbers: "float64", ...split },
  { numbers: "uint32", ...split, isDelta: true, isIndex: true },
  { numbers: "uint64", ...split, isDelta: true, isIndex: true },
  { numbers: "truncated" },
  { numbers: "quantised" },
];

/** The least and the most bits of an element of each kind. */
const widths: Readonly<Record<Encoding["numbers"], readonly [number, number]>> = {
  bits: [1, 1],
  int8: [8, 8],
  uint8: [8, 8],
  int16: [16, 16],
  uint16: [16, 16],
  int32: [32, 32],
  uint32: [32, 32],
  int64: [64, 64],
  uint64: [64, 64],
  float16: [16, 16],
  float32: [32, 32],
  float64: [64, 64],
  truncated: [10, 31],
  quantised: [1, 32],
};

const dtypes: Readonly<Record<Encoding["numbers"], DType>> = {
  bits: "bool",
  int8: "int32",
  uint8: "int32",
  int16: "int32",
  uint16: "int32",
  int32: "int32",
  uint32: "uint32",
  int64: "int64",
  uint64: "uint64",
  float16: "float32",
  float32: "float32",
  float64: "float64",
  truncated: "float32",
  quantised: "float32",
};

/** Only for columns for which `whyUnreadable` returns undefined. */
export const encodingOf = ({ type }: Pick<PhysicalColumn, "type">): Encoding => encodings[type]!;

/** Why a column cannot be decoded, if so. Files of later versions may have unknown types. */
export function whyUnreadable({ type, bits, range }: Pick<PhysicalColumn, "type" | "bits" | "range">): string | undefined {
  const encoding = encodings[type];
  if (!encoding) return `has columns of type ${type}, which is not supported`;
  const [least, most] = widths[encoding.numbers];
  if (bits < least || bits > most) return `has columns of type ${type} with ${bits} bits, which is not supported`;
  if (encoding.numbers === "quantised" && !range) return "lacks the range of its values";
  return undefined;
}

/** The type of a field whose columns have these types in different clusters: one that holds all values exactly, else float64. */
export function dtypeOf(columns: readonly Pick<PhysicalColumn, "type">[]): DType {
  const found = new Set(columns.map((column) => dtypes[encodingOf(column).numbers]));
  const [only] = found;
  if (found.size === 1) return only!;
  const isOf = (...some: readonly DType[]) => [...found].every((dtype) => some.includes(dtype));
  if (isOf("bool", "int32")) return "int32";
  return isOf("bool", "int32", "uint32", "int64") ? "int64" : "float64";
}

/** Whether values may be integers beyond 2^53. */
export const isLong = (columns: readonly Pick<PhysicalColumn, "type">[]): boolean =>
  columns.some((column) => encodingOf(column).numbers.endsWith("int64"));

/** The decompressed bytes of a page with this number of elements. */
export const pageBytes = (elements: number, bits: number): number => Math.ceil((elements * bits) / 8);
