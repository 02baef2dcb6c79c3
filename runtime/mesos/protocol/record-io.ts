/**
 * RecordIO: each record is its length in bytes, as decimal digits, a line feed, and that many bytes. Chunks of the stream may end anywhere. After a bad
 * length nobody knows where the next record begins: the stream is lost.
 *
 * Promises: memory is at most about twice what has arrived of one record, and none is longer than `mostBytes`. An empty record is a record.
 */

export class RecordStreamError extends Error {
  override readonly name = "RecordStreamError";
}

/** The offers of some ten thousand agents in one record. */
const usualMostBytes = 64 * 2 ** 20;
/** A longer length is no length that anybody means. */
const mostDigits = 20;
const lineFeed = 10;

/** Ends where the stream ends between two records; within one it throws. */
export async function* readRecords(stream: AsyncIterable<Uint8Array>, mostBytes = usualMostBytes): AsyncGenerator<Uint8Array> {
  let digits = "";
  /** Undefined between records. */
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
  /** Grows with what arrives, not with what was announced. */
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
