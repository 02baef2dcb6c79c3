/**
 * The pages of a column chunk, one after another, headers and checksums (where there are any) checked. Reads the file in windows of
 * 4 MiB (or one page, if larger), so memory is bounded by the largest page. Throws where a page overruns its chunk or states impossible sizes.
 */
import type { Encoding, PageHeader } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { crc32 } from "../compression/checksums.ts";
import { prepareZstd } from "../compression/zstd.ts";
import type { ByteReader } from "../sources/source.ts";
import type { ColumnChunk } from "./column-chunk.ts";
import { decompress } from "./decompress.ts";

const windowBytes = 4 * 2 ** 20;
/** Headers of number columns have some tens of bytes. */
const largestHeader = 16 * 2 ** 10;
const largestPage = 2 ** 30;
/** Old writers forgot the header of a dictionary in the length of its chunk. */
const overrun = 100;

export type Page =
  | { readonly kind: "dictionary"; readonly count: number; readonly values: Uint8Array }
  /** `repetition` and `definition` are ranges of `bytes`, run-length encoded; `values` what follows them. */
  | {
      readonly kind: "data";
      readonly count: number;
      readonly encoding: Encoding;
      readonly repetition: Uint8Array;
      readonly definition: Uint8Array;
      readonly values: Uint8Array;
    };

export class PageReader {
  readonly #file: ByteReader;
  readonly #chunk: ColumnChunk;
  readonly #end: number;
  /** A page that begins before the end ends here at the latest. */
  readonly #last: number;
  #window = new Uint8Array(0);
  #windowStart = 0;
  readonly #least: number;
  #at: number;

  constructor(file: ByteReader, chunk: ColumnChunk, window = windowBytes) {
    this.#least = window;
    this.#file = file;
    this.#chunk = chunk;
    this.#at = chunk.start;
    this.#end = chunk.start + chunk.length;
    this.#last = Math.min(this.#end + overrun, file.byteLength);
    if (this.#end > file.byteLength) throw new Error(`bytes ${chunk.start}–${this.#end} needed, the file has ${file.byteLength}`);
  }

  /** The next dictionary or data page; throws at the end of the chunk. A dictionary that is not wanted is not read either. */
  async next({ withoutDictionary = false } = {}): Promise<Page> {
    for (;;) {
      if (this.#at >= this.#end) throw new Error("the column chunk ends before its last value");
      const header = await this.#header(Math.min(largestHeader, this.#end - this.#at));
      const size = checkedCount(header.compressed_page_size, this.#last - this.#at, "compressed size");
      if (withoutDictionary && header.type === "DICTIONARY_PAGE") {
        this.#at += size;
        continue;
      }
      const body = await this.#bytes(size);
      this.#at += size;
      if (typeof header.crc === "number" && crc32(body) !== header.crc >>> 0) throw new Error("a page's checksum is wrong");
      if (this.#chunk.codec === "ZSTD") await prepareZstd();
      const page = this.#open(header, body);
      if (page) return page;
    }
  }

  /** The next page's header, of `look` bytes at most, and moves behind it. */
  async #header(look: number): Promise<PageHeader> {
    const head = await this.#bytes(look);
    const reader = { view: new DataView(head.buffer, head.byteOffset, head.byteLength), offset: 0 };
    try {
      const header = parquetHeader(reader);
      this.#at += reader.offset;
      return header;
    } catch (error) {
      const most = Math.min(largestHeader, this.#last - this.#at);
      if (look >= most) throw error;
      return await this.#header(most);
    }
  }

  /** Undefined for a page that holds no values, such as an index page. */
  #open(header: PageHeader, body: Uint8Array): Page | undefined {
    const { codec, levels } = this.#chunk;
    const size = checkedCount(header.uncompressed_page_size, largestPage, "size");
    const { dictionary_page_header: dictionary, data_page_header: first, data_page_header_v2: second } = header;
    switch (header.type) {
      case "DICTIONARY_PAGE": {
        const count = checkedCount(dictionary?.num_values, size, "number of values");
        return { kind: "dictionary", count, values: decompress(codec, body, size) };
      }
      case "DATA_PAGE": {
        if (!first) throw new Error("a data page lacks its header");
        const bytes = decompress(codec, body, size);
        const isList = levels.elements.length > 0;
        const repetition = isList ? sized(bytes, 0, first.repetition_level_encoding) : noBytes;
        const levelsStart = isList ? 4 + repetition.length : 0;
        const definition = levels.maxDefinition > 0 ? sized(bytes, levelsStart, first.definition_level_encoding) : noBytes;
        const valuesStart = levels.maxDefinition > 0 ? levelsStart + 4 + definition.length : levelsStart;
        const count = checkedCount(first.num_values, Number.MAX_SAFE_INTEGER, "number of values");
        return { kind: "data", count, encoding: first.encoding, repetition, definition, values: bytes.subarray(valuesStart) };
      }
      case "DATA_PAGE_V2": {
        if (!second) throw new Error("a data page lacks its header");
        const levelsStart = checkedCount(second.repetition_levels_byte_length, Math.min(size, body.length), "level bytes");
        const levelBytes = checkedCount(second.definition_levels_byte_length, Math.min(size, body.length) - levelsStart, "level bytes");
        const valuesStart = levelsStart + levelBytes;
        const values = decompress(second.is_compressed ? codec : "UNCOMPRESSED", body.subarray(valuesStart), size - valuesStart);
        const count = checkedCount(second.num_values, Number.MAX_SAFE_INTEGER, "number of values");
        const definition = body.subarray(levelsStart, valuesStart);
        return { kind: "data", count, encoding: second.encoding, repetition: body.subarray(0, levelsStart), definition, values };
      }
      case "INDEX_PAGE":
        return undefined;
      default:
        throw new Error("a page has an unknown type");
    }
  }

  /** The next `length` bytes, without moving on. */
  async #bytes(length: number): Promise<Uint8Array> {
    const first = this.#at - this.#windowStart;
    if (first < 0 || first + length > this.#window.length) {
      // Beyond the chunk only for a page that goes on there.
      const end = Math.max(this.#at + length, Math.min(this.#end, this.#at + this.#least));
      this.#window = new Uint8Array(await this.#file.slice(this.#at, end));
      this.#windowStart = this.#at;
      return this.#window.subarray(0, length);
    }
    return this.#window.subarray(first, first + length);
  }
}

const noBytes = new Uint8Array(0);

/** Levels of a first-version data page: their length in four bytes, then they themselves. */
function sized(bytes: Uint8Array, start: number, encoding: Encoding): Uint8Array {
  if (encoding !== "RLE") throw new Error(`its levels are encoded by ${encoding}, which is not supported`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(start, true);
  if (start + 4 + length > bytes.length) throw new Error("levels overrun their page");
  return bytes.subarray(start + 4, start + 4 + length);
}

function checkedCount(value: unknown, most: number, what: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new Error(`a page states ${String(value)} as its ${what}, at most ${most} are possible`);
}
