/**
 * The parts of a `multipart/byteranges` body (RFC 9110, section 14.6) from its bytes as they come.
 *
 * Promises: gives bytes of parts only, each with its place in the file; throws for what is no such body, and for a part that is not of a file of `size` bytes or
 * ends behind it, or that is not as long as it says. Keeps nothing of the body but the head of one part, which is bounded. What the parts are of, whoever asked for them has to compare.
 */
import { parseContentRange } from "./content-range.ts";

const longestHead = 4096;
const lineBreak = "\r\n";

/** Undefined where the body has no parts. */
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
  /** Where the next byte of the part lies in the file, and where the part ends. */
  #at = 0;
  #end = 0;
  #isFirst = true;
  #isEnded = false;

  constructor(options: {
    readonly boundary: string;
    /** Of the file. */
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

  /** Whether the last delimiter was there. */
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
