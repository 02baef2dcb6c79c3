/**
 * The different strings of a column chunk, numbered in the order of their first occurrence. They are compared by their bytes, in a hash table over flat
 * memory, so that no object is made per value. Throws if there are more strings than a partition may have.
 */
import { mostStringBytes, mostStrings } from "../engine/program/dictionary.ts";

/** The slots of the hash table per string that it has space for. */
const slotsPerString = 2;
const few = 64;

export class StringDictionary {
  #count = 0;
  #text = new Uint8Array(1024);
  /** The byte at which each string begins, then the one at which the last string ends. */
  #starts = new Uint32Array(few + 1);
  #hashes = new Uint32Array(few);
  /** One more than the number of the string in each slot; 0 for none. */
  #slots = new Uint32Array(few * slotsPerString);

  /** Returns the number of the string in bytes [from, to); adds the string if it is new. */
  add(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashOf(bytes, from, to);
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot]! - 1;
      if (number < 0) return this.#append(bytes.subarray(from, to), hash, slot);
      if (this.#hashes[number] === hash && this.#isAt(number, bytes, from, to)) return number;
    }
  }

  /** Writes all strings in the form of `engine/program/dictionary.ts`, and returns the number of bytes. */
  write(target: Uint8Array): number {
    const count = this.#count;
    const head = new Uint32Array([count, ...this.#starts.subarray(0, count + 1)]);
    const text = this.#text.subarray(0, this.#starts[count]);
    target.set(new Uint8Array(head.buffer));
    target.set(text, head.byteLength);
    return head.byteLength + text.length;
  }

  #isAt(number: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[number]!;
    if (this.#starts[number + 1]! - start !== to - from) return false;
    for (let at = from; at < to; at++) if (this.#text[start + at - from] !== bytes[at]) return false;
    return true;
  }

  #append(string: Uint8Array, hash: number, slot: number): number {
    const number = this.#count;
    const start = this.#starts[number]!;
    const end = start + string.length;
    if (number === mostStrings || end > mostStringBytes)
      throw new Error(
        `it holds more than ${mostStrings} different strings, or ${mostStringBytes / 2 ** 20} MiB of them, in one partition: ` +
          "write the file with smaller row groups or clusters",
      );
    if (end > this.#text.length) this.#text = grown(this.#text, Math.max(end, 2 * this.#text.length));
    this.#text.set(string, start);
    this.#starts[number + 1] = end;
    this.#hashes[number] = hash;
    this.#slots[slot] = number + 1;
    this.#count++;
    if (this.#count === this.#hashes.length) this.#makeRoom();
    return number;
  }

  #makeRoom(): void {
    const most = 2 * this.#hashes.length;
    this.#starts = grown(this.#starts, most + 1);
    this.#hashes = grown(this.#hashes, most);
    this.#slots = new Uint32Array(most * slotsPerString);
    const mask = this.#slots.length - 1;
    for (let number = 0; number < this.#count; number++) {
      let slot = this.#hashes[number]! & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = number + 1;
    }
  }
}

/** FNV-1a. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function grown<Array extends Uint8Array | Uint32Array>(array: Array, length: number): Array {
  const larger = new (array.constructor as new (length: number) => Array)(length);
  larger.set(array);
  return larger;
}
