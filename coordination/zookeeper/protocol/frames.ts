/**
 * Splits the bytes of a connection into the server's frames: a length of four bytes, then that many bytes. The client's own code copies the received bytes once
 * for each frame in them, and waits for ever if the other end is not ZooKeeper. This code throws for a length that no frame has.
 */
import { Buffer } from "node:buffer";

/** The most bytes of the first frame, the answer to the connect request. It really has some 36 bytes. */
const longestFirst = 1_000;
const longest = 2 ** 27;
const shown = 24;

export class Frames {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #isFirst = true;

  /** Returns the frames that are complete now, each including its length. Throws `TypeError` if the bytes are no frame. */
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

  /** The length of the next frame, including its own four bytes; undefined if these are not there yet. */
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
