/**
 * A column of some row groups, chunk by chunk and page by page, into flat content, validity and offsets.
 *
 * Promises: on return exactly the entries and the level entries of every chunk were decoded, offsets never fall, a missing
 * value's content is 0, and nothing was written outside of the target. Otherwise throws, and the target holds anything.
 */
import type { ColumnLocation, ColumnTarget, ReadCounts } from "../../dataset.ts";
import { isLong, wordsOf } from "../../long-arrays.ts";
import { borrow, giveBack } from "../../sources/lend-bytes.ts";
import type { ByteReader } from "../../sources/source.ts";
import type { ColumnChunk, ColumnPlace } from "../column-chunk.ts";
import { type Values, widthOf } from "../stored-values.ts";
import { StringDictionary } from "../string-dictionary.ts";
import { decodePlain } from "./decode-plain.ts";
import { decodePlainStrings, decodeStrings } from "./decode-strings.ts";
import { decodeValues, roomForValues } from "./decode-values.ts";
import { openPage } from "./page-content.ts";
import { type Progress, placeLists, readLevels, roomForLevels } from "./page-levels.ts";
import { type Page, readPages } from "./read-pages.ts";

const firstPageWindow = 2 ** 16;
/** A string of a dictionary has its length before it. */
const lengthBytes = 4;

/** What is done so far. */
interface ChunkProgress extends Progress {
  /** The values of the chunk's dictionary page; for text they are the numbers that its strings have in `strings`. */
  dictionary?: Values;
  /** Where it lies; lent. */
  memory?: Uint8Array;
  /** Is there for text. */
  readonly strings?: StringDictionary;
}

export async function decodeColumn(
  file: ByteReader,
  { chunks, levels: { elements } }: ColumnPlace,
  target: ColumnTarget,
  { column, entries }: Pick<ColumnLocation, "column" | "entries">,
): Promise<ReadCounts> {
  // Also for a file that has no type for it, since nothing is in it.
  const strings = column.dtype === "string" ? new StringDictionary() : undefined;
  const progress: ChunkProgress = { counts: [0, ...elements.map(() => 0)], missing: 0, depth: 0, ...(strings && { strings }) };
  const { counts } = progress;
  for (const chunk of chunks) await decodeChunk(file, chunk, target, progress);
  if (counts[0] !== entries) throw new Error(`it has ${counts[0]} entries where the file states ${entries}`);
  for (const level of elements.keys()) target.offsets[level][counts[level]] = counts[level + 1];
  const done = { values: counts[counts.length - 1], missing: progress.missing };
  return strings ? { ...done, stringBytes: strings.write(target.strings!) } : done;
}

/** What it has goes behind what the chunks before it had. */
async function decodeChunk(file: ByteReader, chunk: ColumnChunk, target: ColumnTarget, progress: ChunkProgress): Promise<void> {
  const { counts } = progress;
  const before = counts[0];
  const end = before + chunk.entries;
  progress.depth = 0;
  let levelsDone = 0;
  const decode = (page: Page) => {
    if (page.kind === "dictionary") decodeDictionary(page, chunk, target, progress);
    else {
      levelsDone += page.count;
      if (levelsDone > chunk.levelEntries)
        throw new Error(`its pages hold more than the ${chunk.levelEntries} values that the file states`);
      decodePage(page, chunk, target, progress, end);
    }
    return levelsDone < chunk.levelEntries ? "more" : "done";
  };
  try {
    if (chunk.levelEntries > 0) await readPages(file, chunk, decode);
  } finally {
    forgetDictionary(progress);
  }
  if (counts[0] !== end) throw new Error(`it has ${counts[0] - before} entries where the file states ${chunk.entries}`);
}

/** Of the first page. */
export async function readFirstOffsets(file: ByteReader, { chunks: [chunk] }: ColumnPlace): Promise<Uint32Array> {
  if (!chunk) throw new Error("it has no entries");
  const levels = chunk.levelEntries;
  let found = new Uint32Array(1);
  const decode = (page: Page) => {
    if (page.count > levels) throw new Error(`its pages hold more than the ${levels} values that the file states`);
    const offsets = new Uint32Array(page.count + 1);
    const progress: Progress = { counts: [0, 0], missing: 0, depth: 0 };
    const content = openPage(page, chunk.codec, roomForLevels(page, chunk.levels));
    placeLists(content, page, readLevels(content, page, chunk.levels), chunk.levels, { offsets: [offsets], entries: page.count }, progress);
    const [entries, values] = progress.counts;
    offsets[entries] = values;
    // The last list may go on in the next page.
    found = offsets.subarray(0, page.count < levels ? entries : entries + 1);
    return "done" as const;
  };
  await readPages(file, chunk, decode, { window: firstPageWindow, withoutDictionary: true });
  return found;
}

function decodeDictionary(page: Page, chunk: ColumnChunk, target: ColumnTarget, progress: ChunkProgress): void {
  forgetDictionary(progress);
  const { bytes } = openPage(page, chunk.codec, []);
  const least = page.count * (progress.strings ? lengthBytes : widthOf(chunk));
  if (least > bytes.length)
    throw new Error(`a dictionary of ${page.count} values: these need ${least} bytes, the page has ${bytes.length}`);
  progress.memory = borrow(page.count * target.values.BYTES_PER_ELEMENT);
  progress.dictionary = sameKind(target.values, progress.memory.buffer, page.count);
  if (progress.strings) decodePlainStrings(bytes, progress.strings, progress.dictionary);
  else decodePlain(bytes, chunk, progress.dictionary);
}

function forgetDictionary(progress: ChunkProgress): void {
  if (progress.memory) giveBack(progress.memory);
  delete progress.memory;
  delete progress.dictionary;
}

function decodePage(page: Page, chunk: ColumnChunk, target: ColumnTarget, progress: ChunkProgress, entries: number): void {
  const { levels, codec } = chunk;
  const { counts, strings, dictionary } = progress;
  const lists = levels.elements.length;
  const first = counts[lists];
  const room = [...roomForLevels(page, levels), ...roomForValues(page.encoding, page.count, target.values, dictionary)];
  const content = openPage(page, codec, room);
  const { values, ...places } = readLevels(content, page, levels);
  const missing = placeLists(content, page, places, levels, { offsets: target.offsets, entries }, progress);
  const count = counts[lists] - first;
  const output = target.values.subarray(first, first + count - missing);
  if (strings) decodeStrings(content, values, page.encoding, strings, output, dictionary);
  else decodeValues(content, values, page.encoding, chunk, output, dictionary);
  if (missing === 0) {
    target.valid?.fill(1, first, first + count);
    return;
  }
  if (!target.valid) throw new Error(`${missing} values are missing where the file's statistics say none`);
  const [element = 0] = levels.elements.slice(-1);
  markValid(places.definition, levels.maxDefinition, element, target.valid.subarray(first, first + count));
  spread(target.values.subarray(first, first + count), target.valid.subarray(first, first + count), count - missing);
  progress.missing += missing;
}

function markValid(definition: Uint8Array, maxDefinition: number, element: number, valid: Uint8Array): void {
  let value = 0;
  for (let index = 0; index < definition.length; index++) {
    const level = definition[index];
    if (level >= element) valid[value++] = level === maxDefinition ? 1 : 0;
  }
}

/** Moves the `present` first values to the places that are valid, from the back, and puts 0 into the others. */
function spread(values: Values, valid: Uint8Array, present: number): void {
  let from = present;
  if (!isLong(values)) {
    for (let to = values.length - 1; to >= 0; to--) values[to] = valid[to] === 1 ? values[--from] : 0;
    return;
  }
  const words = wordsOf(values);
  for (let to = values.length - 1; to >= 0; to--) {
    const isValid = valid[to] === 1;
    if (isValid) from--;
    words[2 * to] = isValid ? words[2 * from] : 0;
    words[2 * to + 1] = isValid ? words[2 * from + 1] : 0;
  }
}

function sameKind(values: Values, buffer: ArrayBufferLike, length: number): Values {
  if (values instanceof Float32Array) return new Float32Array(buffer, 0, length);
  if (values instanceof Float64Array) return new Float64Array(buffer, 0, length);
  if (values instanceof Int32Array) return new Int32Array(buffer, 0, length);
  if (values instanceof BigInt64Array) return new BigInt64Array(buffer, 0, length);
  if (values instanceof BigUint64Array) return new BigUint64Array(buffer, 0, length);
  if (values instanceof Uint32Array) return new Uint32Array(buffer, 0, length);
  return new Uint8Array(buffer, 0, length);
}
