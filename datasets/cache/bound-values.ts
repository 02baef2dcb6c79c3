/**
 * Finds the least and the largest of a column's values, whether any is NaN, and whether any is missing, from the arrays into which it was read. This is cheap
 * compared with reading it, since a kernel goes over them once. Safe on any thread.
 */
import { bytesPerValue, type DType } from "../../engine/program/schema.ts";
import { around, type NumberBounds } from "../../engine/skip/number-bounds.ts";
import { type Bounded, type BoundKernels, encodeBoundKernels, stride } from "../kernels/bound-kernels.ts";

/** Arrays in one memory, given by their byte addresses, which are multiples of 16. */
interface ReadValues {
  readonly dtype: DType;
  readonly count: number;
  readonly values: number;
  /** The address of the validity bytes, if values may be missing. */
  readonly valid?: number | undefined;
  /** The address of 16 bytes that may be overwritten. */
  readonly scratch: number;
}

interface Extremes {
  readonly least: number | bigint;
  readonly most: number | bigint;
  readonly nan: boolean;
}

const exactUpTo = 2 ** 53;

let module: WebAssembly.Module | undefined;
const instances = new WeakMap<WebAssembly.Memory, BoundKernels>();

/**
 * Bounds all values, in whatever lists they stand; missing ones may count as 0. Undefined for strings. The bounds also hold for the integers from which float64
 * values were rounded.
 */
export function boundValues(memory: WebAssembly.Memory, { dtype, count, values, valid, scratch }: ReadValues): NumberBounds | undefined {
  if (dtype === "string") return undefined;
  const missing = valid !== undefined && count > 0 && extremes(memory, { dtype: "bool", count, values: valid, scratch }).least === 0;
  const { least, most, nan } = extremes(memory, { dtype, count, values, scratch });
  if (typeof least === "bigint") return { low: around(least).low, high: around(most as bigint).high, nan, missing };
  if (dtype !== "float64") return { low: least, high: most as number, nan, missing };
  return { low: below(least), high: -below(-(most as number)), nan, missing };
}

/** Returns a number that is no larger than any integer for which the float64 may stand: from 2^53 on, up to half a step away. */
function below(value: number): number {
  const size = Math.abs(value);
  return size < exactUpTo || !Number.isFinite(size) ? value : value - 2 ** Math.max(0, Math.floor(Math.log2(size)) - 51);
}

/** The least and the largest value. Without values, the least is above the largest. */
function extremes(memory: WebAssembly.Memory, { dtype, count, values, scratch }: ReadValues & { readonly dtype: Bounded }): Extremes {
  const { buffer } = memory;
  const size = bytesPerValue[dtype];
  const end = values + count * size - ((count * size) % stride);
  let least: number | bigint = Number.POSITIVE_INFINITY;
  let most: number | bigint = Number.NEGATIVE_INFINITY;
  let nan = false;
  const take = (value: number | bigint) => {
    if (value < least) least = value;
    if (value > most) most = value;
    if (Number.isNaN(value)) nan = true;
  };
  if (end > values) {
    nan = kernelsOver(memory)[dtype](values, end, scratch) !== 0;
    const found = new DataView(buffer, scratch, 16);
    for (const at of [0, 8]) take(readers[dtype](found, at));
  }
  const rest = new DataView(buffer, end, (count * size) % stride);
  for (let at = 0; at < rest.byteLength; at += size) take(readers[dtype](rest, at));
  return { least, most, nan };
}

const readers: Readonly<Record<Bounded, (view: DataView, at: number) => number | bigint>> = {
  float32: (view, at) => view.getFloat32(at, true),
  float64: (view, at) => view.getFloat64(at, true),
  int32: (view, at) => view.getInt32(at, true),
  uint32: (view, at) => view.getUint32(at, true),
  int64: (view, at) => view.getBigInt64(at, true),
  uint64: (view, at) => view.getBigUint64(at, true),
  bool: (view, at) => view.getUint8(at),
};

function kernelsOver(memory: WebAssembly.Memory): BoundKernels {
  const known = instances.get(memory);
  if (known) return known;
  module ??= new WebAssembly.Module(encodeBoundKernels());
  const made = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as BoundKernels;
  instances.set(memory, made);
  return made;
}
