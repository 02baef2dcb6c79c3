/** Collects functions into one module. It imports `env.memory` and, by name, functions without parameters that return an i32; exports are chosen. */
import { Bytes } from "./bytes.ts";
import { ConstantPool, type SlotPlace } from "./constant-pool.ts";
import { FunctionBuilder, typeCodes } from "./function-builder.ts";
import type { FunctionReference, ValueType } from "./instructions.ts";

/** In pages of 64 KiB: 4 GiB, so that any memory can be imported. */
const largestMemory = 65536;

/** A function that is being written, and its module. */
export interface Writer {
  readonly f: FunctionBuilder;
  readonly m: ModuleBuilder;
}

export class ModuleBuilder {
  readonly #functions: FunctionBuilder[] = [];
  readonly #exports = new Map<string, FunctionReference>();
  readonly #constants = new ConstantPool();
  readonly #shared = new Map<string, FunctionReference>();
  readonly #imports: readonly FunctionReference[];
  readonly #isMemoryShared: boolean;

  /** The memory is shared by threads or, if `isMemoryShared` is false, belongs to one thread. */
  constructor(imports: readonly string[] = [], { isMemoryShared = true }: { readonly isMemoryShared?: boolean } = {}) {
    this.#isMemoryShared = isMemoryShared;
    this.#imports = imports.map((name, index) => ({ name, params: [], result: "i32", index }));
  }

  /** The bytes of the code of its functions, approximately. */
  get bytes(): number {
    return this.#functions.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  imported(name: string): FunctionReference {
    return this.#imports.find((each) => each.name === name)!;
  }

  /** The constants with a slot in the functions so far. */
  get slotted(): ConstantPool["slotted"] {
    return this.#constants.slotted;
  }

  /** Adds a function; `body` must end with `return` on every path. Throws `CodeTooLarge`, without adding it, from about `mostBytes` bytes of code on. */
  define(
    name: string,
    params: readonly ValueType[],
    result: ValueType,
    body: (f: FunctionBuilder) => void,
    { mostBytes = Number.POSITIVE_INFINITY } = {},
  ): FunctionReference {
    const reference: FunctionReference = { name, params, result, index: -1 };
    const builder = new FunctionBuilder(reference, this.#constants, mostBytes);
    body(builder);
    builder.trap();
    reference.index = this.#imports.length + this.#functions.length;
    this.#functions.push(builder);
    return reference;
  }

  /** Adds a function at the first call with this name; later calls return the same one. */
  shared(name: string, params: readonly ValueType[], result: ValueType, body: (f: FunctionBuilder) => void): FunctionReference {
    const known = this.#shared.get(name);
    if (known) return known;
    const reference = this.define(name, params, result, body);
    this.#shared.set(name, reference);
    return reference;
  }

  export(reference: FunctionReference, name = reference.name): void {
    this.#exports.set(name, reference);
  }

  encode(): Uint8Array<ArrayBuffer> {
    return this.encodeWithSlots().bytes;
  }

  /** Encodes the module, and returns the positions of the float64 that differ in modules of the same code. */
  encodeWithSlots(): { readonly bytes: Uint8Array<ArrayBuffer>; readonly slots: readonly SlotPlace[] } {
    const types = new Bytes();
    const references = [...this.#imports, ...this.#functions.map(({ reference }) => reference)];
    types.unsigned(references.length);
    for (const reference of references) {
      types.byte(0x60);
      types.unsigned(reference.params.length);
      for (const param of reference.params) types.byte(typeCodes[param]);
      types.unsigned(1);
      types.byte(typeCodes[reference.result]);
    }
    const imports = new Bytes();
    imports.unsigned(1 + this.#imports.length);
    imports.name("env");
    imports.name("memory");
    imports.byte(0x02);
    imports.byte(this.#isMemoryShared ? 0x03 : 0x01);
    imports.unsigned(1);
    imports.unsigned(largestMemory);
    for (const { name, index } of this.#imports) {
      imports.name("env");
      imports.name(name);
      imports.byte(0x00);
      imports.unsigned(index);
    }
    const functions = new Bytes();
    functions.unsigned(this.#functions.length);
    for (let index = 0; index < this.#functions.length; index++) functions.unsigned(this.#imports.length + index);
    const globals = new Bytes();
    const slots = this.#constants.write(globals);
    const exported = new Bytes();
    exported.unsigned(this.#exports.size);
    for (const [name, { index }] of this.#exports) {
      exported.name(name);
      exported.byte(0x00);
      exported.unsigned(index);
    }
    const code = new Bytes();
    code.unsigned(this.#functions.length);
    for (const builder of this.#functions) code.sized(builder.encode());

    const module = new Bytes();
    let start = 0;
    module.append(new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]));
    for (const [id, content] of [
      [1, types],
      [2, imports],
      [3, functions],
      [6, globals],
      [7, exported],
      [10, code],
    ] as const) {
      module.byte(id);
      module.sized(content);
      if (content === globals) start = module.length - globals.length;
    }
    return { bytes: module.finish(), slots: slots.map(({ slot, at }) => ({ slot, at: start + at })) };
  }
}
