/**
 * Reads ahead for several users of one file, who announce which ranges they will ask for. These are fetched with few reads, several at a time, before
 * they are asked for.
 *
 * Guarantees: `slice` returns what the underlying reader would. At most `mostHeld` bytes are held before they are asked for. A failed read fails only the
 * slices that need it. If announced ranges are asked for from front to back, each byte is fetched once for all users; any other slice is read when
 * it is asked for.
 */
import { planReads } from "./coalesce.ts";
import type { ByteRange, ByteReader, JoinedReads, SignalOptions } from "./source.ts";

const mostHeld = 32 * 2 ** 20;

interface Piece extends ByteRange {
  /** The read that fetches it. */
  readonly read: { readonly pieces: readonly Piece[] };
  /** The number of announced ranges that still need it. */
  users: number;
  /** Present from the fetch until no range needs it. */
  bytes?: Promise<ArrayBuffer>;
  /** The number of its bytes that are in memory or being fetched. */
  held: number;
}

/** An announced range; up to `done` it is no longer needed. */
interface Told extends ByteRange {
  done: number;
}

export interface AheadReader extends ByteReader {
  /** Tells that this user asks for no more. */
  leave(): void;
}

/** One reader for each user. `signal` aborts all of these reads. */
export function readAhead(
  reader: ByteReader,
  told: readonly (readonly ByteRange[])[],
  { signal }: SignalOptions = {},
): readonly AheadReader[] {
  const { joined, byteLength } = reader;
  const isSound = told.flat().every(({ start, end }) => start >= 0 && start <= end && end <= byteLength);
  if (!joined || !isSound) return told.map(() => ({ ...reader, leave() {} }));
  const ahead = new ReadAhead(reader, joined, { ranges: told.flat(), signal });
  return told.map((ranges) => ahead.readerOf(ranges));
}

class ReadAhead {
  readonly #reader: ByteReader;
  readonly #joined: JoinedReads;
  readonly #signal: AbortSignal | undefined;
  /** Reads that have not begun, in the order in which they are needed. */
  readonly #waiting: { readonly pieces: readonly Piece[] }[];
  /** All pieces in the order of the file. */
  readonly #pieces: readonly Piece[];
  #going = 0;
  #held = 0;

  constructor(reader: ByteReader, joined: JoinedReads, { ranges, signal }: { readonly ranges: readonly ByteRange[] } & SignalOptions) {
    this.#reader = reader;
    this.#joined = joined;
    this.#signal = signal;
    this.#waiting = planReads(ranges, joined).map((planned) => {
      const read: { readonly pieces: Piece[] } = { pieces: [] };
      read.pieces.push(...planned.pieces.map((piece) => ({ ...piece, read, users: 0, held: 0 })));
      return read;
    });
    this.#pieces = this.#waiting.flatMap(({ pieces }) => pieces).sort((a, b) => a.start - b.start);
    for (const range of ranges) for (const piece of this.#across(range)) piece.users++;
    this.#fetch();
  }

  readerOf(ranges: readonly ByteRange[]): AheadReader {
    const told = ranges.map(({ start, end }): Told => ({ start, end, done: start }));
    const { byteLength } = this.#reader;
    return {
      byteLength,
      slice: (start, end = byteLength, options = {}) => this.#slice({ start, end }, told, options),
      leave: () => {
        for (const range of told) this.#finish(range, range.end);
      },
    };
  }

  async #slice(wanted: ByteRange, told: readonly Told[], options: SignalOptions): Promise<ArrayBuffer> {
    const { start, end } = wanted;
    const range = told.find((each) => each.start <= start && end <= each.end && each.done <= start);
    if (!range) return await this.#reader.slice(start, end, options);
    const pieces = this.#across(wanted);
    for (const { bytes, read } of pieces) if (!bytes) this.#begin(read);
    const buffers = await Promise.all(pieces.map(({ bytes }) => bytes!));
    options.signal?.throwIfAborted();
    // Until the range's end, the slice's own bytes are kept: a user may ask for its last bytes again.
    this.#finish(range, end === range.end ? end : start);
    const [first] = pieces;
    if (pieces.length === 1 && first!.users === 0 && buffers[0]!.byteLength === end - start) return buffers[0]!;
    const joined = new Uint8Array(end - start);
    for (const [index, piece] of pieces.entries()) {
      const from = Math.max(start, piece.start);
      joined.set(new Uint8Array(buffers[index]!, from - piece.start, Math.min(end, piece.end) - from), from - start);
    }
    return joined.buffer;
  }

  /** The pieces that have some of these bytes. */
  #across({ start, end }: ByteRange): readonly Piece[] {
    let [low, high] = [0, this.#pieces.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#pieces[middle]!.end <= start) low = middle + 1;
      else high = middle;
    }
    let last = low;
    while (last < this.#pieces.length && this.#pieces[last]!.start < end) last++;
    return this.#pieces.slice(low, last);
  }

  /** Marks a range as done up to `done`, drops pieces that no range needs any more, and fetches more. */
  #finish(range: Told, done: number): void {
    for (const piece of this.#across(range)) {
      const last = Math.min(piece.end, range.end);
      if (last <= range.done || last > done) continue;
      piece.users--;
      if (piece.users > 0) continue;
      this.#held -= piece.held;
      piece.held = 0;
      delete piece.bytes;
    }
    range.done = Math.max(range.done, done);
    this.#fetch();
  }

  #fetch(): void {
    while (this.#going < this.#joined.atATime && this.#waiting.length > 0) {
      const [read] = this.#waiting;
      const isWanted = read!.pieces.some(({ users }) => users > 0);
      if (isWanted && this.#held > 0 && this.#held + sizeOf(read!.pieces) > mostHeld) return;
      if (isWanted) this.#begin(read!);
      else this.#waiting.shift();
    }
  }

  #begin(read: { readonly pieces: readonly Piece[] }): void {
    this.#waiting.splice(this.#waiting.indexOf(read), 1);
    const pieces = read.pieces.filter(({ users }) => users > 0);
    const buffers = this.#joined.read(pieces, { signal: this.#signal });
    this.#going++;
    for (const [index, piece] of pieces.entries()) {
      piece.held = piece.end - piece.start;
      this.#held += piece.held;
      piece.bytes = buffers.then((each) => each[index]!);
      // The slices that need the piece reject with its error.
      piece.bytes.catch(() => {
        this.#held -= piece.held;
        piece.held = 0;
      });
    }
    const ended = () => {
      this.#going--;
      this.#fetch();
    };
    buffers.then(ended, ended);
  }
}

const sizeOf = (pieces: readonly Piece[]): number => pieces.reduce((sum, { start, end }) => sum + end - start, 0);
