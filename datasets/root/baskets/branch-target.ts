/** The arrays that the values of a branch are written to, basket after basket. Counts them and refuses more than the location allows. */
import type { ColumnLocation, ColumnTarget, NumberArray, ReadCounts } from "../../dataset.ts";
import type { Area } from "../../kernels/kernels.ts";
import { StringDictionary } from "../../string-dictionary.ts";
import type { BranchForm, StoredType } from "./branch.ts";

export type BranchLocation = Pick<ColumnLocation, "column" | "firstEntry" | "entries" | "elements" | "values">;

/** The bytes of one value in the file; for text the least. */
export function storedBytes({ type, range }: BranchForm): number {
  if (type === "Float16_t" || type === "Double32_t")
    return type === "Double32_t" && !range ? 4 : range && range.lower < range.upper ? 4 : 3;
  return bytesOf[type];
}

const bytesOf: Readonly<Record<Exclude<StoredType, "Float16_t" | "Double32_t">, number>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float32: 4,
  float64: 8,
  string: 1,
};

const placeLike = (free: number, target: number): number => Math.ceil(free / 8) * 8 + (target % 8);

/** The types of stored values after the kernels have put them into the host's byte order. */
const arrays = {
  bool: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: Float64Array,
  uint64: Float64Array,
  float32: Float32Array,
  float64: Float64Array,
};

const wideable = { int8: Int8Array, uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, int32: Int32Array, uint32: Uint32Array };

export class BranchTarget {
  readonly location: BranchLocation;
  readonly offsets: readonly Uint32Array[];
  /** The number of entries so far, then the number of elements of each level. */
  readonly counts: number[];
  readonly #target: ColumnTarget;
  readonly #form: BranchForm;
  readonly #strings: StringDictionary | undefined;

  constructor(form: BranchForm, location: BranchLocation, target: ColumnTarget) {
    this.location = location;
    this.offsets = target.offsets;
    this.counts = [0, ...form.levels.map(() => 0)];
    this.#form = form;
    this.#target = target;
    if (form.type === "string") this.#strings = new StringDictionary();
    const isText = location.column.dtype === "string";
    if (isText !== (form.type === "string") || location.elements.length !== form.levels.length)
      throw new Error("it is stored in another form than the dataset says");
  }

  /** Counts `more` entries (level 0), or elements of the lists of a level. */
  add(level: number, more: number): void {
    const { elements, entries } = this.location;
    const most = level === 0 ? entries : elements[level - 1]!;
    if (more > most - this.counts[level]!)
      throw new Error(`it has more than the ${most} ${level === 0 ? "entries" : "values"} that are possible`);
    this.counts[level]! += more;
  }

  /** Adds `lists` lists of a level, which like all levels inside it has lists of a fixed length, and fills their offsets. */
  addFixed(level: number, lists: number): void {
    let count = lists;
    for (let at = level; at < this.#form.levels.length; at++) {
      const each = this.#form.levels[at]!;
      if (each.kind !== "fixed") throw new Error("only its outermost lists may be of any length");
      const [first, begin] = [this.counts[at]! - count, this.counts[at + 1]!];
      this.add(at + 1, count * each.length);
      const offsets = this.offsets[at]!;
      for (let list = 0; list < count; list++) offsets[first + list] = begin + list * each.length;
      count *= each.length;
    }
  }

  /** Writes the string of the bytes [from, to) as the last value that `add` has counted. */
  string(bytes: Uint8Array, from: number, to: number): void {
    this.#target.values[this.counts.at(-1)! - 1] = this.#strings!.add(bytes, from, to);
  }

  /**
   * Writes the last `count` values that `add` has counted. They lie at the address `stored` in the file's form; from `free` on there is room for as
   * many bytes.
   */
  values(area: Area, stored: number, count: number, free: number): void {
    const size = storedBytes(this.#form);
    const isTurned = size === 2 || size === 4 || size === 8;
    const at = isTurned ? this.placeOfValues(free, count) : stored;
    if (isTurned) area.kernels[`swap${size}`](stored, at, count * size);
    this.turnedValues(area, at, count);
  }

  /**
   * The best address to gather the next values at, at most 16 bytes after `free`; `more` of them are counted already. A copy into shared memory is made
   * byte by byte, a tenth as fast, unless both addresses are equal modulo 8.
   */
  placeOfValues(free: number, more: number): number {
    const { values } = this.#target;
    return placeLike(free, values.byteOffset + (this.counts.at(-1)! - more) * values.BYTES_PER_ELEMENT);
  }

  /** The best address for the next offsets of the outermost lists, by the same rule. */
  placeOfOffsets(free: number): number {
    return placeLike(free, this.offsets[0]!.byteOffset + this.counts[0]! * 4);
  }

  /** As `values`, for values in the host's byte order at an address that is a multiple of their size. */
  turnedValues(area: Area, at: number, count: number): void {
    const { kernels, buffer } = area;
    const { type } = this.#form;
    if (type === "bool") kernels.normalise(at, count);
    const to = this.counts.at(-1)! - count;
    const { values } = this.#target;
    if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
      this.#copyExact(values, area, at, count);
      return;
    }
    if (type === "int64") kernels.toFloat64(at, count);
    if (type === "uint64") kernels.unsignedToFloat64(at, count);
    if (type === "Float16_t" || type === "Double32_t") this.#copyPacked(area, at, count, to);
    else if (type !== "string") (values as NumberArray).set(new arrays[type](buffer as ArrayBuffer, at, count), to);
  }

  /** Writes integers as 64-bit integers; narrower ones are widened. */
  #copyExact(values: BigInt64Array | BigUint64Array, { buffer }: Area, at: number, count: number): void {
    const { type } = this.#form;
    const to = this.counts.at(-1)! - count;
    if (type === "int64" && values instanceof BigInt64Array) values.set(new BigInt64Array(buffer, at, count), to);
    else if (type === "uint64" && values instanceof BigUint64Array) values.set(new BigUint64Array(buffer, at, count), to);
    else if (type in wideable) {
      const narrow = new wideable[type as keyof typeof wideable](buffer as ArrayBuffer, at, count);
      for (let index = 0; index < count; index++) values[to + index] = BigInt(narrow[index]!);
    } else throw new Error(`its values are ${type}, which are no 64-bit integers`);
  }

  #copyPacked({ buffer, bytes }: Area, at: number, count: number, to: number): void {
    const { type, range } = this.#form;
    const values = this.#target.values as NumberArray;
    if (type === "Double32_t" && !range) values.set(new Float32Array(buffer, at, count), to);
    else if (range && range.lower < range.upper) {
      // A Float16_t becomes a float32, so each step is rounded to float32.
      const rounded = type === "Float16_t" ? Math.fround : (value: number) => value;
      const steps = new Uint32Array(buffer, at, count);
      const step = rounded((range.upper - range.lower) / 2 ** range.bits);
      const lower = rounded(range.lower);
      for (let index = 0; index < count; index++) values[to + index] = rounded(rounded(rounded(steps[index]!) * step) + lower);
    } else {
      const bits = range?.bits ?? 12;
      const word = new DataView(new ArrayBuffer(4));
      for (let index = 0; index < count; index++) {
        const from = at + 3 * index;
        const mantissa = (bytes[from + 1]! << 8) | bytes[from + 2]!;
        word.setInt32(0, (bytes[from]! << 23) | ((mantissa & (2 ** (bits + 1) - 1)) << (23 - bits)));
        values[to + index] = word.getFloat32(0) * (mantissa & (2 ** (bits + 1)) ? -1 : 1);
      }
    }
  }

  /** Writes the last offset of each level; throws unless there are as many entries as the location states. */
  finish(): ReadCounts {
    const { counts, location } = this;
    if (counts[0] !== location.entries) throw new Error(`its baskets have ${counts[0]} of the ${location.entries} entries`);
    for (const [level, offsets] of this.offsets.entries()) offsets[counts[level]!] = counts[level + 1]!;
    const values = counts.at(-1)!;
    this.#target.valid?.fill(1, 0, values);
    const done = { values, missing: 0 };
    return this.#strings ? { ...done, stringBytes: this.#strings.write(this.#target.strings!) } : done;
  }
}
