/** The stored types of values by ROOT's type numbers, by names of C++, and by classes of leaves. */
import type { DType } from "../../../engine/program/schema.ts";
import type { StoredType } from "../baskets/branch.ts";
import { basic } from "../file/element-types.ts";

/** The stored type by the number of the basic type. */
export const typeOfNumber: Readonly<Record<number, StoredType | undefined>> = {
  [basic.bool]: "bool",
  [basic.char]: "int8",
  [basic.unsignedChar]: "uint8",
  [basic.short]: "int16",
  [basic.unsignedShort]: "uint16",
  [basic.int]: "int32",
  [basic.counter]: "int32",
  [basic.unsignedInt]: "uint32",
  [basic.bits]: "uint32",
  [basic.long]: "int64",
  [basic.long64]: "int64",
  [basic.unsignedLong]: "uint64",
  [basic.unsignedLong64]: "uint64",
  [basic.float]: "float32",
  [basic.double]: "float64",
  [basic.float16]: "Float16_t",
  [basic.double32]: "Double32_t",
};

const names: Readonly<Record<StoredType, readonly string[]>> = {
  bool: ["bool", "Bool_t"],
  int8: ["char", "signed char", "Char_t", "int8_t"],
  uint8: ["unsigned char", "UChar_t", "Byte_t", "uint8_t", "byte"],
  int16: ["short", "Short_t", "int16_t"],
  uint16: ["unsigned short", "UShort_t", "uint16_t"],
  int32: ["int", "Int_t", "int32_t"],
  uint32: ["unsigned int", "unsigned", "UInt_t", "uint32_t"],
  int64: ["long", "Long_t", "Long64_t", "long long", "int64_t"],
  uint64: ["unsigned long", "ULong_t", "ULong64_t", "unsigned long long", "uint64_t", "size_t"],
  float32: ["float", "Float_t"],
  float64: ["double", "Double_t"],
  Float16_t: ["Float16_t"],
  Double32_t: ["Double32_t"],
  string: ["string", "std::string", "TString"],
};

/** The stored type by its name in C++. */
export const typeNamed: ReadonlyMap<string, StoredType> = new Map(
  Object.entries(names).flatMap(([type, all]) => all.map((name) => [name, type as StoredType])),
);

const leaves: Readonly<Record<string, readonly [StoredType, StoredType] | undefined>> = {
  TLeafO: ["bool", "bool"],
  TLeafB: ["int8", "uint8"],
  TLeafS: ["int16", "uint16"],
  TLeafI: ["int32", "uint32"],
  TLeafL: ["int64", "uint64"],
  TLeafG: ["int64", "uint64"],
  TLeafF: ["float32", "float32"],
  TLeafD: ["float64", "float64"],
  TLeafF16: ["Float16_t", "Float16_t"],
  TLeafD32: ["Double32_t", "Double32_t"],
  TLeafC: ["string", "string"],
};

/** The stored type by the class of a leaf; undefined for leaves of objects. */
export const typeOfLeaf = (className: string, isUnsigned: boolean): StoredType | undefined => leaves[className]?.[isUnsigned ? 1 : 0];

/** The type in memory. */
export const dtypeOf: Readonly<Record<StoredType, DType>> = {
  bool: "bool",
  int8: "int32",
  uint8: "int32",
  int16: "int32",
  uint16: "int32",
  int32: "int32",
  uint32: "uint32",
  int64: "int64",
  uint64: "uint64",
  float32: "float32",
  float64: "float64",
  Float16_t: "float32",
  Double32_t: "float64",
  string: "string",
};

export const isLong = (type: StoredType): boolean => type === "int64" || type === "uint64";

/** A range that the title of a leaf or member states, such as `[0,10,12]` or `[-pi,pi]`. */
export interface StatedRange {
  readonly lower: number;
  readonly upper: number;
  readonly bits: number | undefined;
}

/** The range in the first pair of brackets with a comma inside; brackets without one are dimensions. Undefined if there is none. */
function rangeIn(title: string): StatedRange | undefined {
  for (const [, inside] of title.matchAll(/\[([^\][]*)\]/g)) {
    const parts = inside.split(",");
    if (parts.length < 2 || parts.length > 3) continue;
    const [lower, upper, bits] = parts.map(limitOf);
    if (Number.isNaN(lower) || Number.isNaN(upper)) continue;
    return { lower, upper, bits: parts.length === 3 && bits >= 2 && bits <= 32 ? Math.floor(bits) : undefined };
  }
  return undefined;
}

/** A limit as ROOT allows it: a number, or pi with a factor or divisor. */
function limitOf(text: string): number {
  const match = /^(-?)(?:(\d*)\*?)?(two)?pi(?:\/(\d+))?$/i.exec(text.replaceAll(/\s/g, ""));
  if (!match) return text.trim() === "" ? Number.NaN : Number(text);
  const [, sign, factor, two, divisor] = match;
  return ((sign ? -1 : 1) * Number(factor || 1) * (two ? 2 : 1) * Math.PI) / Number(divisor ?? 1);
}

/** The `BranchForm.range` of a type whose title may state one. */
export function rangeOf(
  type: StoredType,
  title: string,
): { readonly lower: number; readonly upper: number; readonly bits: number } | undefined {
  if (type !== "Float16_t" && type !== "Double32_t") return undefined;
  const stated = rangeIn(title);
  const isRange = stated !== undefined && stated.lower < stated.upper;
  if (isRange) return { lower: stated.lower, upper: stated.upper, bits: stated.bits ?? 32 };
  // Bits without a range cut the mantissa; ROOT ignores 15 and more.
  const bits = stated?.bits !== undefined && stated.bits < 15 ? stated.bits : undefined;
  if (type === "Float16_t") return { lower: 0, upper: 0, bits: bits ?? 12 };
  return bits === undefined ? undefined : { lower: 0, upper: 0, bits };
}
