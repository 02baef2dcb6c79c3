/**
 * RecordIO: each record is its length in bytes as decimal digits, a line feed, and that many bytes. Chunks of the stream may end anywhere. After a wrong
 * length, the beginning of the next record cannot be found, so the stream is given up.
 *
 * Guarantees: it takes at most about twice the memory of what has arrived of one record, and no record is longer than `mostBytes`. Empty records are
 * passed on, too.
 */

export class RecordStreamError extends Error {
  override readonly name = "RecordStreamError";
}

/** Enough for the offers of some ten thousand agents in one record. */
const usualMostBytes = 64 * 2 ** 20;
/** The most digits of a length. */
const mostDigits = 20;
const lineFeed = 10;

/** The records of a stream. Throws if the stream ends within a record. */
export async function* readRecords(stream: AsyncIterable<Uint8Array>, mostBytes = usualMostBytes): AsyncGenerator<Uint8Array> {
  let digits = "";
  /** The record that is being read; undefined between records. */
  let record: PartialRecord | undefined;
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length; ) {
      if (record === undefined) {
        const byte = chunk[at++]!;
        if (byte !== lineFeed) {
          digits = appendDigit(digits, byte);
          continue;
        }
        record = new PartialRecord(parseLength(digits, mostBytes));
        digits = "";
      } else {
        const part = chunk.subarray(at, at + record.missing);
        record.append(part);
        at += part.length;
      }
      if (record.missing > 0) continue;
      yield record.content;
      record = undefined;
    }
  }
  if (record) throw new RecordStreamError(`the stream ended ${record.missing} bytes before the end of a record`);
  if (digits !== "") throw new RecordStreamError("the stream ended within the length of a record");
}

class PartialRecord {
  readonly #length: number;
  /** Grows with the bytes that arrive, not with the announced length. */
  #bytes = new Uint8Array();
  #filled = 0;

  constructor(length: number) {
    this.#length = length;
  }

  get missing(): number {
    return this.#length - this.#filled;
  }

  get content(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  append(part: Uint8Array): void {
    const needed = this.#filled + part.length;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.min(this.#length, Math.max(needed, 2 * this.#bytes.length)));
      grown.set(this.#bytes.subarray(0, this.#filled));
      this.#bytes = grown;
    }
    this.#bytes.set(part, this.#filled);
    this.#filled = needed;
  }
}

function appendDigit(digits: string, byte: number): string {
  const text = digits + String.fromCharCode(byte);
  if (byte < 48 || byte > 57 || text.length > mostDigits)
    throw new RecordStreamError(`a record begins with ${JSON.stringify(text)} instead of its length and a line feed`);
  return text;
}

function parseLength(digits: string, mostBytes: number): number {
  if (digits === "") throw new RecordStreamError("the length of a record is empty");
  const length = Number(digits);
  if (length > mostBytes) throw new RecordStreamError(`a record has ${digits} bytes; at most ${mostBytes} are taken`);
  return length;
}
