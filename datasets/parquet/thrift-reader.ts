/**
 * Reads Thrift's compact protocol from bytes, field by field, without building objects: what a footer says of a hundred thousand column
 * chunks is taken as it passes, and the rest skipped.
 *
 * Promises: ends on any input, throws an `Error` where it makes no sense, never reads past its end. Integers beyond 2^53 are refused.
 */
const stop = 0;
const yes = 1;
const no = 2;
const byte = 3;
const double = 7;
const binary = 8;
const list = 9;
const set = 10;
const map = 11;
const struct = 12;

const deepest = 64;

export class ThriftReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Calls `visit` for each field of a struct; true if it read the value, else the value is skipped. */
  struct(visit: (field: number, type: number) => boolean): void {
    let field = 0;
    for (;;) {
      const head = this.byte();
      if (head === stop) return;
      const type = head & 15;
      field = head >>> 4 === 0 ? this.integer() : field + (head >>> 4);
      if (!visit(field, type)) this.#skip(type, 0);
    }
  }

  /** The number of elements, each of which must then be read. */
  listSize(): number {
    const head = this.byte();
    const size = head >>> 4 === 15 ? this.#unsigned() : head >>> 4;
    if (size > this.#bytes.length - this.#at) throw new Error(`a list of ${size} elements is longer than what is left`);
    return size;
  }

  /** A signed integer of any width. */
  integer(): number {
    const folded = this.#unsigned();
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  }

  /** An integer that counts something. */
  count(): number {
    const value = this.integer();
    if (value < 0) throw new Error(`${value} is no count`);
    return value;
  }

  text(): string {
    return new TextDecoder().decode(this.#take(this.#unsigned()));
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) throw new Error("it ends in the middle");
    return this.#bytes[this.#at++]!;
  }

  /** The value of a boolean field is its type. */
  static isTrue(type: number): boolean {
    return type === yes;
  }

  #unsigned(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const next = this.byte();
      value += (next & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw new Error("a number is beyond 2^53");
      if (next < 128) return value;
      scale *= 128;
      if (scale > 2 ** 63) throw new Error("a number has too many bytes");
    }
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Error("it ends in the middle");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  #skip(type: number, depth: number): void {
    if (depth > deepest) throw new Error("its structures are nested too deeply");
    switch (type) {
      case yes:
      case no:
        return;
      case byte:
        this.#take(1);
        return;
      case double:
        this.#take(8);
        return;
      case binary:
        this.#take(this.#unsigned());
        return;
      case list:
      case set:
        this.#skipList(depth);
        return;
      case map:
        throw new Error("it holds a map");
      case struct:
        this.#skipStruct(depth);
        return;
      default:
        if (type > double) throw new Error(`it holds a value of unknown type ${type}`);
        while (this.byte() >= 128);
    }
  }

  #skipList(depth: number): void {
    const type = this.#bytes[this.#at]! & 15;
    const size = this.listSize();
    const isBoolean = type === yes || type === no;
    for (let element = 0; element < size; element++) this.#skip(isBoolean ? byte : type, depth + 1);
  }

  #skipStruct(depth: number): void {
    for (let head = this.byte(); head !== stop; head = this.byte()) {
      if (head >>> 4 === 0) this.#unsigned();
      this.#skip(head & 15, depth + 1);
    }
  }
}
