/** Reads elements of a column in a cluster from the pages that have them. */

import { lendBytes } from "../../sources/lend-bytes.ts";
import type { ByteReader } from "../../sources/source.ts";
import { blockBytes } from "../compression/block-headers.ts";
import { decompressInto } from "../compression/decompress.ts";
import { prepareChecksums, verifyChecksum } from "./checksum.ts";
import { pageBytes } from "./column-types.ts";
import { decodeOnce } from "./decode-once.ts";
import { decodePage, isEnds, isPlain, type Numbers } from "./decode-page.ts";
import type { PageRun } from "./locate-pages.ts";
import { Scratch } from "./scratch.ts";
import type { StoredColumn } from "./stored-field.ts";

interface Page {
  readonly offset: number;
  readonly bytes: number;
  readonly elements: number;
  readonly isChecked: boolean;
  /** The index of its first element in the cluster. */
  readonly first: number;
}

const checksumBytes = 8;
/** The most bytes between pages that are read together; larger than the heads of ROOT's keys, which may lie between. */
const mostGap = 4096;
const mostTogether = 2 ** 23;

/** The number of elements of the column in the cluster. */
export function elementsOf({ zeros, pages }: PageRun): number {
  let count = zeros;
  for (let at = 2; at < pages.length; at += 4) count += pages[at]!;
  return count;
}

/** Fills the output with the elements from `begin` on. Throws if the column has too few. */
export async function readElements(file: ByteReader, run: PageRun, begin: number, output: Numbers): Promise<void> {
  const { column } = run;
  const end = begin + output.length;
  if (end > elementsOf(run)) throw new Error(`elements ${begin}–${end} are needed of a column that has ${elementsOf(run)} in its cluster`);
  if (begin < run.zeros) bytesOf(output.subarray(0, run.zeros - begin)).fill(0);
  for (const group of groupsOf(pagesBetween(run, begin, end))) {
    if (group.some(({ isChecked }) => isChecked)) await prepareChecksums();
    const { offset: start, bytes: stored } = group[0]!;
    const whole = wholePage(group, { column, begin, output });
    if (whole && file.readInto && stored === whole.length) {
      await file.readInto(whole, start);
      continue;
    }
    await lendBytes(file, { start, end: endOf(group.at(-1)!) }, (bytes) => {
      for (const page of group) {
        const stored = bytes.subarray(page.offset - start, page.offset - start + page.bytes);
        if (page.isChecked) {
          const checksum = bytes.subarray(page.offset - start + page.bytes, endOf(page) - start);
          verifyChecksum(stored, checksum, `a page (${page.bytes} bytes at ${page.offset})`);
        }
        const from = Math.max(begin, page.first);
        const part = output.subarray(from - begin, Math.min(end, page.first + page.elements) - begin);
        decodeStored(stored, page, run, { file: file.opened ?? file, skip: from - page.first, output: part });
      }
    });
  }
}

/** For a group of one page without checksum whose bytes need no decoding: the output's bytes, into which it can be read directly. */
function wholePage(
  [page, another]: readonly Page[],
  { column, begin, output }: { readonly column: StoredColumn; readonly begin: number; readonly output: Numbers },
): Uint8Array | undefined {
  const from = page!.first - begin;
  const to = from + page!.elements;
  if (another || page!.isChecked || from < 0 || to > output.length || !isPlain(column, output)) return undefined;
  return bytesOf(output.subarray(from, to));
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Numbers): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

const contents = new Scratch((length) => new Uint8Array(length));

/** Decodes a page from its stored bytes. */
function decodeStored(
  bytes: Uint8Array,
  { elements }: Page,
  { column }: PageRun,
  { file, skip, output }: { readonly file: object; readonly skip: number; readonly output: Numbers },
): void {
  const length = pageBytes(elements, column.bits);
  if (isEnds(column) && bytes.length !== length) {
    const ends = decodeOnce(file, bytes, { column, elements }, () => {
      const decoded = new Uint32Array(elements);
      decodePage(contentOf(bytes, length), column, { elements, skip: 0 }, decoded);
      return decoded;
    });
    output.set(ends.subarray(skip, skip + output.length) as never);
    return;
  }
  if (output.length === elements && isPlain(column, output)) {
    decompressInto(bytes, bytesOf(output));
    return;
  }
  decodePage(contentOf(bytes, length), column, { elements, skip }, output);
}

/** The decompressed bytes, valid until the next page is decompressed. */
function contentOf(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return bytes;
  refuseOtherLength(bytes, length);
  const content = contents.take(length);
  decompressInto(bytes, content);
  return content;
}

/** Throws, before memory is allocated, unless the headers of the compressed blocks state the length that the page list does. */
function refuseOtherLength(bytes: Uint8Array, length: number): void {
  const stated = blockBytes(bytes);
  if (Number.isNaN(stated)) throw new Error("a page is cut off within a compressed block");
  if (stated !== length) throw new Error(`a page has ${stated} bytes of content where its elements have ${length}`);
}

const endOf = ({ offset, bytes, isChecked }: Page): number => offset + bytes + (isChecked ? checksumBytes : 0);

function* pagesBetween({ zeros, pages }: PageRun, begin: number, end: number): Generator<Page> {
  let first = zeros;
  for (let at = 0; at < pages.length && first < end; at += 4) {
    const [offset, bytes, elements, checked] = [pages[at]!, pages[at + 1]!, pages[at + 2]!, pages[at + 3]!];
    if (elements > 0 && first + elements > begin) yield { offset, bytes, elements, isChecked: checked === 1, first };
    first += elements;
  }
}

/** Groups of pages that lie close together and are read at once. */
function* groupsOf(pages: Iterable<Page>): Generator<readonly Page[]> {
  let group: Page[] = [];
  for (const page of pages) {
    const [head] = group;
    if (head) {
      const gap = page.offset - endOf(group.at(-1)!);
      if (gap < 0 || gap > mostGap || endOf(page) - head.offset > mostTogether) {
        yield group;
        group = [];
      }
    }
    group.push(page);
  }
  if (group.length > 0) yield group;
}

/** The ranges of the file that `readElements` reads for all elements. */
export function* rangesOf(run: PageRun): Generator<{ readonly start: number; readonly end: number }> {
  for (const group of groupsOf(pagesBetween(run, 0, elementsOf(run)))) yield { start: group[0]!.offset, end: endOf(group.at(-1)!) };
}
