/**
 * Reads the pages of a column chunk one after another, and checks their headers and, if present, checksums. It reads the file in windows of 4 MiB (or of one
 * page, if that is larger), so memory is bounded by the largest page. Throws if a page exceeds its chunk or states impossible sizes.
 */
import type { Encoding } from "hyparquet";
import { crc32 } from "../../compression/checksums.ts";
import { prepareZstd } from "../../compression/zstd.ts";
import { holdBytes } from "../../kernels/kernels.ts";
import { giveTurn, lendBytes } from "../../sources/lend-bytes.ts";
import type { ByteRange, ByteReader } from "../../sources/source.ts";
import type { ColumnChunk } from "../column-chunk.ts";
import { type PageHeader, parsePageHeader } from "./page-header.ts";

const windowBytes = 4 * 2 ** 20;
/** The most bytes of a header; those of number columns have some tens. */
const largestHeader = 16 * 2 ** 10;
const largestPage = 2 ** 30;
/** The bytes by which a page may exceed its chunk, since old writers forgot the dictionary's header in the chunk's length. */
const overrun = 100;

/** A page as it is stored in the file. */
export interface Page {
  readonly kind: "dictionary" | "data";
  /** The number of level entries, or of a dictionary's values. */
  readonly count: number;
  readonly encoding: Encoding;
  /** The stored bytes. */
  readonly body: Uint8Array;
  /** The number of bytes at the front of the body that are never compressed. */
  readonly bare: number;
  readonly isCompressed: boolean;
  /** The bytes after decompression, including the `bare` ones. */
  readonly size: number;
  /** The bytes of repetition and of definition levels at the front. If absent, each kind of levels follows its length. */
  readonly levelBytes?: readonly [number, number];
  /** The encodings of repetition and definition levels, if the page states them. */
  readonly levelEncodings?: PageHeader["levelEncodings"];
}

/**
 * The bytes that are read at once if only one page is wanted: first for a dictionary's header, then for the page, which mostly has some tens of kB. They are
 * more if each read costs time.
 */
const nearLooks = [2 ** 12, 2 ** 17] as const;
const farLooks = [2 ** 16, 2 ** 19] as const;

interface ReadOptions {
  /** Whether only the first data page is wanted; then the dictionary is not read. */
  readonly isFirstOnly?: boolean;
  /** Called if more pages follow, before the memory with those before them is used again. */
  readonly onNextWindow?: () => void;
}

/** Calls `use` with each page until it returns "done". It must not keep the page or wait for anything. Throws if the chunk ends before. */
export async function readPages(
  file: ByteReader,
  chunk: ColumnChunk,
  use: (page: Page) => "more" | "done",
  { isFirstOnly = false, onNextWindow = () => {} }: ReadOptions = {},
): Promise<void> {
  if (chunk.codec === "ZSTD") await prepareZstd();
  const end = chunk.start + chunk.length;
  if (end > file.byteLength) throw new Error(`bytes ${chunk.start}–${end} needed, the file has ${file.byteLength}`);
  // A page that begins before the end must end here at the latest.
  const last = Math.min(end + overrun, file.byteLength);
  let at = chunk.start;
  let wanted = 0;
  const [dictionaryLook, pageLook] = file.joined ? farLooks : nearLooks;
  let window = isFirstOnly ? dictionaryLook : windowBytes;
  for (;;) {
    if (at >= end) throw new Error("the column chunk ends before its last value");
    // The window exceeds the chunk only if a page does.
    const stop = Math.max(at + wanted, Math.min(end, at + window));
    const outcome = await lendWindow(file, { start: at, end: stop }, (window) => {
      for (let from = 0; at + from < end; ) {
        const left = last - at - from;
        const found = pageAt(window().subarray(from), left, isFirstOnly);
        if (found.kind === "cut") {
          onNextWindow();
          return { from, wanted: found.wanted };
        }
        from += found.bytes;
        if (found.page && use(found.page) === "done") return undefined;
      }
      onNextWindow();
      return { from: end - at, wanted: 0 };
    });
    if (!outcome) return;
    at += outcome.from;
    wanted = outcome.wanted;
    if (isFirstOnly) window = pageLook;
  }
}

/** Reads a window into the kernels' memory, where they can use it directly, if the source need not be waited for. */
async function lendWindow<Result>(file: ByteReader, range: ByteRange, use: (window: () => Uint8Array) => Result): Promise<Result> {
  if (!file.readNow) return await lendBytes(file, range, (bytes) => use(() => bytes));
  await giveTurn();
  return holdBytes(range.end - range.start, (window) => {
    file.readNow!(window(), range.start);
    return use(window);
  });
}

type Found =
  /** `page` is absent if the page has no values, such as an index page, or is skipped; its bytes may then exceed those that were read. */
  | { readonly kind: "whole"; readonly bytes: number; readonly page: Page | undefined }
  /** More bytes are needed: `wanted` from the page's first on. */
  | { readonly kind: "cut"; readonly wanted: number };

/** Parses the page at the front of the bytes. `most` is the number of bytes in the chunk from there on. */
function pageAt(bytes: Uint8Array, most: number, isWithoutDictionary: boolean): Found {
  const look = Math.min(largestHeader, most);
  let header: PageHeader;
  try {
    header = parsePageHeader(bytes.length > look ? bytes.subarray(0, look) : bytes);
  } catch (error) {
    if (bytes.length < look) return { kind: "cut", wanted: look };
    throw error;
  }
  const length = checkedCount(header.storedSize, most - header.bytes, "compressed size");
  const whole = header.bytes + length;
  if (isWithoutDictionary && header.kind === "dictionary") return { kind: "whole", bytes: whole, page: undefined };
  if (whole > bytes.length) return { kind: "cut", wanted: whole };
  const body = bytes.subarray(header.bytes, whole);
  if (header.crc !== undefined && crc32(body) !== header.crc >>> 0) throw new Error("a page's checksum is wrong");
  return { kind: "whole", bytes: whole, page: pageOf(header, body) };
}

function pageOf(
  { kind, size: stated, values, encoding, levelEncodings, levelBytes, isCompressed }: PageHeader,
  body: Uint8Array,
): Page | undefined {
  if (kind === "index") return undefined;
  const size = checkedCount(stated, largestPage, "size");
  if (kind === "dictionary")
    return { kind, count: checkedCount(values, size, "number of values"), encoding: "PLAIN", body, bare: 0, isCompressed, size };
  const count = checkedCount(values, Number.MAX_SAFE_INTEGER, "number of values");
  if (encoding === undefined) throw new Error("a page has an encoding that is not known");
  if (kind === "data1") return { kind: "data", count, encoding, body, bare: 0, isCompressed, size, levelEncodings };
  const repetition = checkedCount(levelBytes[0], Math.min(size, body.length), "level bytes");
  const definition = checkedCount(levelBytes[1], Math.min(size, body.length) - repetition, "level bytes");
  const bare = repetition + definition;
  return { kind: "data", count, encoding, body, bare, isCompressed, size, levelBytes: [repetition, definition] };
}

function checkedCount(value: number, most: number, what: string): number {
  if (value >= 0 && value <= most) return value;
  throw new Error(`a page states ${value} as its ${what}, at most ${most} are possible`);
}
