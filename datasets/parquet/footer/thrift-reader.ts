/**
 * Reads Thrift's compact protocol from bytes, field by field, without building objects: of a footer with a hundred thousand column chunks, the needed values
 * are read in passing, and the rest is skipped.
 *
 * It ends on any input, throws an `Error` if the input makes no sense, and never reads beyond its end. Integers beyond 2^53 are refused.
 */
import { Buffer } from "node:buffer";

const stop = 0;
const yes = 1;
const no = 2;
const byte = 3;
/** The type codes of integers; those of 16 to 64 bits are written in the same way. */
const [shortest, longest] = [4, 6];
const double = 7;
const binary = 8;
const list = 9;
const set = 10;
const map = 11;
const struct = 12;

const deepest = 64;
const decoder = new TextDecoder();

export class ThriftReader {
  /** All bytes that are read. */
  readonly view: DataView;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** The number of bytes that were read. */
  get at(): number {
    return this.#at;
  }

  /** Returns a copy of the bytes that were read since `start`. */
  copy(start: number): Uint8Array {
    return this.#bytes.slice(start, this.#at);
  }

  /** If these bytes come next, passes over them and returns true. */
  passes(expected: Uint8Array): boolean {
    const next = this.#bytes.subarray(this.#at, this.#at + expected.length);
    if (Buffer.compare(next, expected) !== 0) return false;
    this.#at += expected.length;
    return true;
  }

  /** The number of bytes that are not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** The type code of the field that `field` found. */
  type = 0;

  /** The next field of a struct after field `previous` (0 at its start); 0 at its end. Its value must then be read or skipped. */
  field(previous: number): number {
    const head = this.byte();
    if (head === stop) return 0;
    this.type = head & 15;
    const field = head >>> 4 === 0 ? this.integer() : previous + (head >>> 4);
    if (field <= 0) throw new Error(`${field} is no field`);
    return field;
  }

  /** The value of a boolean field, which is contained in its type code. */
  boolean(): boolean {
    if (this.type !== yes && this.type !== no) throw new Error("a boolean is none");
    return this.type === yes;
  }

  /** Passes over the value of the field that `field` found. */
  skip(): void {
    this.#skip(this.type, 0);
  }

  /** The value of a field of 16 to 64 bits. */
  number(): number {
    if (this.type < shortest || this.type > longest) throw new Error("a number is none");
    return this.integer();
  }

  /** Enters a field whose value is a struct; the struct's fields come next. */
  enterStruct(): void {
    if (this.type !== struct) throw new Error("a structure is none");
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
    const length = this.passBytes();
    return decoder.decode(this.#bytes.subarray(this.#at - length, this.#at));
  }

  /** Passes over a binary value and returns its length; the value ends at `at`. */
  passBytes(): number {
    const length = this.#unsigned();
    this.#advance(length);
    return length;
  }

  byte(): number {
    if (this.#at >= this.#bytes.length) throw new Error("it ends in the middle");
    return this.#bytes[this.#at++]!;
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

  #advance(length: number): void {
    if (length > this.#bytes.length - this.#at) throw new Error("it ends in the middle");
    this.#at += length;
  }

  #skip(type: number, depth: number): void {
    if (depth > deepest) throw new Error("its structures are nested too deeply");
    switch (type) {
      case yes:
      case no:
        return;
      case byte:
        this.#advance(1);
        return;
      case double:
        this.#advance(8);
        return;
      case binary:
        this.#advance(this.#unsigned());
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
        if (type === stop || type > double) throw new Error(`it holds a value of unknown type ${type}`);
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
