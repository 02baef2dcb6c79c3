/**
 * Reads the parts of a `multipart/byteranges` body (RFC 9110, section 14.6) from its bytes as they arrive.
 *
 * Guarantees: it passes on bytes of parts only, with their place in the file. It throws for any other body, and for a part that belongs to a file of
 * another size, ends beyond the file, or is not as long as its range. It keeps only the head of one part, which is bounded. The caller must check that
 * these are the ranges it asked for.
 */
import { parseContentRange } from "./content-range.ts";

const longestHead = 4096;
const lineBreak = "\r\n";

/** The boundary between parts; undefined for any other content type. */
export function boundaryOf(contentType: string | undefined): string | undefined {
  const [, quoted, plain] =
    /^multipart\/byteranges\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType ?? "") ?? [];
  return quoted ?? plain;
}

export class PartReader {
  readonly #delimiter: string;
  readonly #size: number;
  readonly #onBytes: (at: number, bytes: Uint8Array) => void;
  #head = "";
  /** The place in the file of the part's next byte, and of its end. */
  #at = 0;
  #end = 0;
  #isFirst = true;
  #isEnded = false;

  constructor(options: {
    readonly boundary: string;
    /** The size of the file. */
    readonly size: number;
    readonly onBytes: (at: number, bytes: Uint8Array) => void;
  }) {
    this.#delimiter = `--${options.boundary}`;
    this.#size = options.size;
    this.#onBytes = options.onBytes;
  }

  push(bytes: Uint8Array): void {
    for (let taken = 0; taken < bytes.length && !this.#isEnded; ) {
      if (this.#at < this.#end) {
        const count = Math.min(this.#end - this.#at, bytes.length - taken);
        this.#onBytes(this.#at, bytes.subarray(taken, taken + count));
        this.#at += count;
        taken += count;
      } else this.#takeHead(bytes[taken++]!);
    }
  }

  /** Whether the last delimiter was read. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  #takeHead(byte: number): void {
    // The first delimiter may come without the line break that belongs to it.
    if (this.#isFirst && this.#head === "" && byte === this.#delimiter.charCodeAt(0)) this.#head = lineBreak;
    this.#head += String.fromCharCode(byte);
    const begin = lineBreak + this.#delimiter;
    const { length } = this.#head;
    if (this.#head.slice(0, begin.length) !== begin.slice(0, length)) throw new Error("a part is not as long as its range");
    const head = this.#head.slice(lineBreak.length);
    if (head === `${this.#delimiter}--`) this.#isEnded = true;
    else if (length > longestHead) throw new Error("the head of a part does not end");
    else if (head.endsWith(lineBreak + lineBreak)) this.#beginPart(head);
  }

  #beginPart(head: string): void {
    const [delimiter, ...fields] = head.trimEnd().split(lineBreak);
    if (delimiter!.trimEnd() !== this.#delimiter) throw new Error("a part does not begin with its delimiter");
    const field = fields.find((line) => /^content-range:/i.test(line));
    const range = parseContentRange(field?.slice(field.indexOf(":") + 1).trim());
    if (!range || range.end > this.#size || (range.size ?? this.#size) !== this.#size)
      throw new Error("a part is of another range than any of the file");
    this.#at = range.start;
    this.#end = range.end;
    this.#head = "";
    this.#isFirst = false;
  }
}
