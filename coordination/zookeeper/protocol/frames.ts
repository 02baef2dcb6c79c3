/**
 * The bytes of a connection in the server's frames: four bytes of length, and as many bytes. The client's own way copies what has come once for each
 * frame in it, and waits for ever where what answers is not ZooKeeper: a length that no frame has throws instead.
 */
import { Buffer } from "node:buffer";

/** The first frame, the answer to the connect request, has 36 bytes or little more. */
const longestFirst = 1_000;
const longest = 2 ** 27;
const shown = 24;

export class Frames {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #isFirst = true;

  /** Those that are complete now, each with its length before it. Throws `TypeError` for what is no frame. */
  take(data: Buffer): readonly Buffer[] {
    this.#chunks.push(data);
    this.#bytes += data.length;
    const frames: Buffer[] = [];
    for (let length = this.#next(); length !== undefined && this.#bytes >= length; length = this.#next()) {
      const all = this.#join();
      frames.push(all.subarray(0, length));
      this.#chunks = length < all.length ? [all.subarray(length)] : [];
      this.#bytes -= length;
      this.#isFirst = false;
    }
    return frames;
  }

  /** The length of the next frame, its own four bytes among it. */
  #next(): number | undefined {
    if (this.#bytes < 4) return undefined;
    const head = this.#chunks[0]!.length >= 4 ? this.#chunks[0]! : this.#join();
    const length = head.readInt32BE(0);
    if (length >= 0 && length <= (this.#isFirst ? longestFirst : longest)) return length + 4;
    const start = JSON.stringify(this.#join().toString("latin1", 0, shown));
    throw new TypeError(`what answers there does not speak ZooKeeper's protocol: it says ${start}`);
  }

  #join(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }
}
