/**
 * WebAssembly instructions as small trees: `mul(x, add(y, f64(1)))`. A tree is pure data; `FunctionBuilder` encodes it.
 * Only what the compiler and the kernels use is here; opcodes as in the WebAssembly core specification, section 5.4.
 */

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

export type Expression =
  | {
      readonly kind: "const";
      readonly type: Exclude<ValueType, "v128">;
      readonly value: number | bigint;
      /** For a float64 that differs in modules of the same code: its number among those (`ModuleBuilder.encodeWithSlots`). */
      readonly slot?: number | undefined;
    }
  | { readonly kind: "local"; readonly type: ValueType; readonly index: number }
  | {
      readonly kind: "operation";
      readonly type: ValueType;
      readonly code: number;
      readonly lane?: number;
      /** For a shuffle: the index of each byte of the result among the 32 bytes of both arguments. */
      readonly lanes?: readonly number[];
      readonly args: readonly Expression[];
    }
  | { readonly kind: "load"; readonly type: ValueType; readonly code: number; readonly offset: number; readonly address: Expression }
  | { readonly kind: "select"; readonly type: ValueType; readonly args: readonly [Expression, Expression, Expression] }
  | { readonly kind: "call"; readonly type: ValueType; readonly callee: FunctionReference; readonly args: readonly Expression[] };

/** A function of the same module; its number is known once the module is laid out. */
export interface FunctionReference {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly result: ValueType;
  index: number;
}

export type Local = Extract<Expression, { kind: "local" }>;

export const f64 = (value: number, slot?: number): Expression => ({ kind: "const", type: "f64", value, slot });
export const i32 = (value: number): Expression => ({ kind: "const", type: "i32", value });
export const i64 = (value: bigint): Expression => ({ kind: "const", type: "i64", value });

const unary =
  (type: ValueType, code: number) =>
  (x: Expression): Expression => ({ kind: "operation", type, code, args: [x] });
const binary =
  (type: ValueType, code: number) =>
  (x: Expression, y: Expression): Expression => ({ kind: "operation", type, code, args: [x, y] });
const loads =
  (type: ValueType, code: number) =>
  (address: Expression, offset = 0): Expression => ({ kind: "load", type, code, offset, address });

/** `chosen` if `test` (i32) is not 0, else `other`; both are evaluated. */
export const select = (test: Expression, chosen: Expression, other: Expression): Expression => ({
  kind: "select",
  type: chosen.type,
  args: [chosen, other, test],
});
export const call = (callee: FunctionReference, ...args: readonly Expression[]): Expression => ({
  kind: "call",
  type: callee.result,
  callee,
  args,
});

/** float64 arithmetic and comparison (comparisons give i32 0 or 1). */
export const F = {
  eq: binary("i32", 0x61),
  ne: binary("i32", 0x62),
  lt: binary("i32", 0x63),
  gt: binary("i32", 0x64),
  le: binary("i32", 0x65),
  ge: binary("i32", 0x66),
  abs: unary("f64", 0x99),
  neg: unary("f64", 0x9a),
  ceil: unary("f64", 0x9b),
  floor: unary("f64", 0x9c),
  trunc: unary("f64", 0x9d),
  nearest: unary("f64", 0x9e),
  sqrt: unary("f64", 0x9f),
  add: binary("f64", 0xa0),
  sub: binary("f64", 0xa1),
  mul: binary("f64", 0xa2),
  div: binary("f64", 0xa3),
  min: binary("f64", 0xa4),
  max: binary("f64", 0xa5),
  copysign: binary("f64", 0xa6),
  fromI32: unary("f64", 0xb7),
  fromU32: unary("f64", 0xb8),
  fromI64: unary("f64", 0xb9),
  fromU64: unary("f64", 0xba),
  fromF32: unary("f64", 0xbb),
  toF32: unary("f32", 0xb6),
  fromBits: unary("f64", 0xbf),
} as const;

/** 32-bit integers; booleans are i32 0 or 1. */
export const I = {
  eqz: unary("i32", 0x45),
  eq: binary("i32", 0x46),
  ne: binary("i32", 0x47),
  lt: binary("i32", 0x48),
  ltU: binary("i32", 0x49),
  ge: binary("i32", 0x4e),
  geU: binary("i32", 0x4f),
  add: binary("i32", 0x6a),
  sub: binary("i32", 0x6b),
  mul: binary("i32", 0x6c),
  divU: binary("i32", 0x6e),
  and: binary("i32", 0x71),
  or: binary("i32", 0x72),
  xor: binary("i32", 0x73),
  shl: binary("i32", 0x74),
  shrS: binary("i32", 0x75),
  shrU: binary("i32", 0x76),
  /** Saturating (0xfc prefix): NaN becomes 0, and a number beyond the range becomes the nearest end of it. */
  truncF64: unary("i32", 0xfc02),
  wrapI64: unary("i32", 0xa7),
  /** The number of bits that are 1. */
  popcnt: unary("i32", 0x69),
  gtU: binary("i32", 0x4b),
} as const;

/** 64-bit integers, for counters and for the bits of a float64. */
export const L = {
  eqz: unary("i32", 0x50),
  eq: binary("i32", 0x51),
  ne: binary("i32", 0x52),
  lt: binary("i32", 0x53),
  ltU: binary("i32", 0x54),
  gt: binary("i32", 0x55),
  gtU: binary("i32", 0x56),
  le: binary("i32", 0x57),
  leU: binary("i32", 0x58),
  ge: binary("i32", 0x59),
  geU: binary("i32", 0x5a),
  clz: unary("i64", 0x79),
  add: binary("i64", 0x7c),
  sub: binary("i64", 0x7d),
  mul: binary("i64", 0x7e),
  divU: binary("i64", 0x80),
  remU: binary("i64", 0x82),
  and: binary("i64", 0x83),
  or: binary("i64", 0x84),
  xor: binary("i64", 0x85),
  shl: binary("i64", 0x86),
  shrS: binary("i64", 0x87),
  shrU: binary("i64", 0x88),
  rotl: binary("i64", 0x89),
  fromI32: unary("i64", 0xac),
  fromU32: unary("i64", 0xad),
  /** Saturating, like `I.truncF64`. */
  truncF64: unary("i64", 0xfc06),
  truncF64U: unary("i64", 0xfc07),
  fromBits: unary("i64", 0xbd),
} as const;

export const load = {
  i32: loads("i32", 0x28),
  i64: loads("i64", 0x29),
  f32: loads("f32", 0x2a),
  f64: loads("f64", 0x2b),
  u8: loads("i32", 0x2d),
  u16: loads("i32", 0x2f),
} as const;

export const store = { i32: 0x36, i64: 0x37, f64: 0x39, i8: 0x3a, v128: 0xfd0b } as const;

const lane =
  (type: ValueType, code: number) =>
  (x: Expression, number: number): Expression => ({ kind: "operation", type, code, lane: number, args: [x] });
const replaceLane =
  (code: number) =>
  (x: Expression, value: Expression, number: number): Expression => ({
    kind: "operation",
    type: "v128",
    code,
    lane: number,
    args: [x, value],
  });

/** Vectors of two float64, two int64 (`…64`) or four int32 side by side (0xfd prefix). Comparisons set all bits of a lane, or none. */
export const V = {
  splat: unary("v128", 0xfd14),
  splat64: unary("v128", 0xfd12),
  add: binary("v128", 0xfdf0),
  sub: binary("v128", 0xfdf1),
  mul: binary("v128", 0xfdf2),
  div: binary("v128", 0xfdf3),
  min: binary("v128", 0xfdf4),
  max: binary("v128", 0xfdf5),
  abs: unary("v128", 0xfdec),
  neg: unary("v128", 0xfded),
  sqrt: unary("v128", 0xfdef),
  ceil: unary("v128", 0xfd74),
  floor: unary("v128", 0xfd75),
  trunc: unary("v128", 0xfd7a),
  nearest: unary("v128", 0xfd94),
  eq: binary("v128", 0xfd47),
  ne: binary("v128", 0xfd48),
  lt: binary("v128", 0xfd49),
  gt: binary("v128", 0xfd4a),
  le: binary("v128", 0xfd4b),
  ge: binary("v128", 0xfd4c),
  not: unary("v128", 0xfd4d),
  and: binary("v128", 0xfd4e),
  or: binary("v128", 0xfd50),
  xor: binary("v128", 0xfd51),
  /** Whether any bit is set, as an i32. */
  anyTrue: unary("i32", 0xfd53),
  /** Takes each bit from `chosen` if the mask's bit is 1, else from `other`. */
  select: (mask: Expression, chosen: Expression, other: Expression): Expression => ({
    kind: "operation",
    type: "v128",
    code: 0xfd52,
    args: [chosen, other, mask],
  }),
  add64: binary("v128", 0xfdce),
  sub64: binary("v128", 0xfdd1),
  /** Shifts take one i32 as the distance for both lanes. */
  shl64: binary("v128", 0xfdcb),
  shrS64: binary("v128", 0xfdcc),
  shrU64: binary("v128", 0xfdcd),
  /** `y < x ? y : x` in each lane; x if y is NaN. */
  pseudoMin: binary("v128", 0xfdf6),
  /** `x < y ? y : x` in each lane; x if y is NaN. */
  pseudoMax: binary("v128", 0xfdf7),
  /** Two float64 from the two float32 in the low half. */
  promoteLow: unary("v128", 0xfd5f),
  /** Two float64 from the two int32 in the low half. */
  fromLowI32: unary("v128", 0xfdfe),
  /** Two int32 from two float64, saturating; the high half is zero. */
  truncate: unary("v128", 0xfdfc),
  /** Loads eight bytes into the low half. */
  load64: loads("v128", 0xfd5d),
  /** A vector of bytes chosen from both arguments; see `lanes`. */
  shuffle: (x: Expression, y: Expression, lanes: readonly number[]): Expression => ({
    kind: "operation",
    type: "v128",
    code: 0xfd0d,
    lanes,
    args: [x, y],
  }),
  /** The bytes of x that the bytes of y number; 0 for numbers beyond 15. */
  swizzle: binary("v128", 0xfd0e),
  /** Fills each lane with the lowest 8, 16 or all 32 bits of an i32, which must not be a constant. */
  splat8: unary("v128", 0xfd0f),
  splat16: unary("v128", 0xfd10),
  splat32: unary("v128", 0xfd11),
  eq8: binary("v128", 0xfd23),
  ne8: binary("v128", 0xfd24),
  gtU8: binary("v128", 0xfd28),
  geU8: binary("v128", 0xfd2c),
  /** An i32 with the highest bit of each of the 16 bytes; that of the first byte is the lowest bit. */
  bitmask8: unary("i32", 0xfd64),
  gtU32: binary("v128", 0xfd3c),
  minU8: binary("v128", 0xfd77),
  maxU8: binary("v128", 0xfd79),
  min32: binary("v128", 0xfdb6),
  minU32: binary("v128", 0xfdb7),
  max32: binary("v128", 0xfdb8),
  maxU32: binary("v128", 0xfdb9),
  gt64: binary("v128", 0xfdd9),
  /** The same as `pseudoMin` and `pseudoMax`, for four float32. */
  pseudoMinF32: binary("v128", 0xfdea),
  pseudoMaxF32: binary("v128", 0xfdeb),
  neF32: binary("v128", 0xfd42),
  gt32: binary("v128", 0xfd3b),
  shl32: binary("v128", 0xfdab),
  shrU32: binary("v128", 0xfdad),
  add32: binary("v128", 0xfdae),
  sub32: binary("v128", 0xfdb1),
  mul32: binary("v128", 0xfdb5),
  /** The eight lower bytes as 16-bit integers, and the four lower or upper of these as 32-bit ones; unsigned. */
  extendLowU8: unary("v128", 0xfd89),
  extendLowU16: unary("v128", 0xfda9),
  extendHighU16: unary("v128", 0xfdaa),
  shrU16: binary("v128", 0xfd8d),
  sub16: binary("v128", 0xfd91),
  load: loads("v128", 0xfd00),
  int32: lane("i32", 0xfd1b),
  int64: lane("i64", 0xfd1d),
  float: lane("f64", 0xfd21),
  replaceFloat: replaceLane(0xfd22),
  replace64: replaceLane(0xfd1e),
} as const;
