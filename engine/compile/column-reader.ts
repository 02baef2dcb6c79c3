/** Reads a program's inputs in the function that is being written: values with their validity, and offsets. */
import type { Input } from "../program/inputs.ts";
import { type Column, type DType, innermost } from "../program/schema.ts";
import type { FunctionBuilder } from "../wasm/function-builder.ts";
import { type Expression, F, I, i32, type Local, load, select, V } from "../wasm/instructions.ts";
import { longCode, type ScalarCode } from "./code.ts";
import { type ColumnSource, ProgramColumns } from "./loops/program-columns.ts";

export class ColumnReader extends ProgramColumns {
  readonly #f: FunctionBuilder;
  /** The parameter of the function that has the address of the first input. */
  readonly #firstInput: number;
  #wideIndex: Expression | undefined;

  constructor(f: FunctionBuilder, { firstInput, ...source }: ColumnSource & { readonly firstInput: number }) {
    super(source);
    this.#f = f;
    this.#firstInput = firstInput;
  }

  #address(isWanted: (input: Input) => boolean): Local {
    return this.#f.params[this.#firstInput + this.inputs.findIndex(isWanted)];
  }

  /** The address of a column's content. */
  valuesAddress(column: Column): Local {
    return this.#address((input) => input.kind === "values" && input.column === column.name);
  }

  /** Writes `body` in two lanes: it computes with the values at this index and the next one. All columns that it reads there must be `isWide`. */
  inLanes(index: Expression, body: () => void): void {
    const before = this.#wideIndex;
    this.#wideIndex = index;
    this.#f.inLanes(body);
    this.#wideIndex = before;
  }

  /** Whether the code that is being written reads this index and the next one in two lanes. */
  isWideAt(index: Expression): boolean {
    return index === this.#wideIndex;
  }

  /** The value of a column at this index of its content, and whether it is present. */
  read(column: Column, index: Expression): ScalarCode {
    if (this.isWideAt(index)) {
      const load = wideLoaders[column.dtype];
      if (load === undefined) throw new Error(`Cannot read two values of ${column.name} at once`);
      return { kind: "number", value: this.#f.keep(load(this.valuesAddress(column), index)) };
    }
    const code = this.#readValue(column, index);
    if (!column.nullable) return code;
    const valid = this.#address((input) => input.kind === "valid" && input.column === column.name);
    return { ...code, present: this.#f.keep(load.u8(I.add(valid, index))) };
  }

  #readValue(column: Column, index: Expression): ScalarCode {
    const { dtype } = column;
    const loaded = loaders[dtype](this.valuesAddress(column), index);
    if (dtype === "int64" || dtype === "uint64") return longCode(this.#f.keep(loaded), dtype);
    const value = this.#f.keep(dtype === "string" ? this.#numberOf(column, loaded) : loaded);
    return { kind: dtype === "bool" ? "boolean" : dtype === "string" ? "string" : "number", value };
  }

  /** The number in this run of the string at this position in the dictionary. For a missing value, the position may be outside of the dictionary. */
  #numberOf(column: Column, place: Expression): Expression {
    const numbers = this.#address((input) => input.kind === "strings" && input.column === column.name);
    const kept = this.#f.keep(place);
    const inside = select(I.ltU(kept, load.i32(numbers)), kept, i32(0));
    return load.i32(I.add(numbers, I.shl(inside, i32(2))), 4);
  }

  /** The indexes [from, to) of one list's content. `outer` is the index of its event, or of the element that contains it. */
  range(list: string, outer: Expression): { readonly from: Expression; readonly to: Expression } {
    const at = this.#f.keep(this.#offset(list, outer));
    return { from: this.#f.keep(load.i32(at)), to: this.#f.keep(load.i32(at, 4)) };
  }

  /** Whether the list is present; undefined if it always is, or if the program does not ask. `outer` is the same as in `range`. */
  isThere(list: string, outer: Expression): Expression | undefined {
    const place = this.inputs.findIndex((input) => input.kind === "values" && input.tellsOf === list);
    return place < 0 ? undefined : this.#f.keep(load.u8(I.add(this.#f.params[this.#firstInput + place], outer)));
  }

  /** The index at which the content of this list begins. */
  offset(list: string, outer: Expression): Expression {
    return this.#f.keep(load.i32(this.#offset(list, outer)));
  }

  #offset(list: string, outer: Expression): Expression {
    const offsets = this.#address((input) => input.kind === "offsets" && innermost(input) === list);
    return I.add(offsets, I.shl(outer, i32(2)));
  }
}

const loaders: Readonly<Record<DType, (address: Expression, index: Expression) => Expression>> = {
  float32: (address, index) => F.fromF32(load.f32(I.add(address, I.shl(index, i32(2))))),
  float64: (address, index) => load.f64(I.add(address, I.shl(index, i32(3)))),
  int32: (address, index) => F.fromI32(load.i32(I.add(address, I.shl(index, i32(2))))),
  uint32: (address, index) => F.fromU32(load.i32(I.add(address, I.shl(index, i32(2))))),
  int64: (address, index) => load.i64(I.add(address, I.shl(index, i32(3)))),
  uint64: (address, index) => load.i64(I.add(address, I.shl(index, i32(3)))),
  bool: (address, index) => load.u8(I.add(address, index)),
  string: (address, index) => load.i32(I.add(address, I.shl(index, i32(2)))),
};

/** Reads the values at an index and the next one, by type. */
const wideLoaders: Partial<Readonly<Record<DType, (address: Expression, index: Expression) => Expression>>> = {
  float32: (address, index) => V.promoteLow(V.load64(I.add(address, I.shl(index, i32(2))))),
  float64: (address, index) => V.load(I.add(address, I.shl(index, i32(3)))),
  int32: (address, index) => V.fromLowI32(V.load64(I.add(address, I.shl(index, i32(2))))),
};
