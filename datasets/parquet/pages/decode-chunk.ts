/**
 * Decodes a column of some row groups, chunk by chunk and page by page, into flat content, validity and offsets.
 *
 * On return, exactly the entries and the level entries of every chunk were decoded, offsets never decrease, the content of a missing value is 0, and nothing
 * was written outside the target. Otherwise it throws, and the target's content is undefined.
 */
import type { ColumnLocation, ColumnTarget, ReadCounts } from "../../dataset.ts";
import { heldBuffer, holdMore } from "../../kernels/kernels.ts";
import { isLong, wordsOf } from "../../long-arrays.ts";
import { borrow, giveBack } from "../../sources/lend-bytes.ts";
import type { ByteReader } from "../../sources/source.ts";
import { StringDictionary } from "../../string-dictionary.ts";
import type { ColumnChunk, ColumnPlace, Levels } from "../column-chunk.ts";
import { type Values, widthOf } from "../stored-values.ts";
import { decodePlain, isAsStored } from "./decode-plain.ts";
import { decodePlainStrings, decodeStrings } from "./decode-strings.ts";
import { bytesOf, decodeValues, roomForValues } from "./decode-values.ts";
import { KnownLevels, type PagePlace } from "./known-levels.ts";
import { openPage, type PageContent } from "./page-content.ts";
import { findLevels, type LevelRanges, type Progress, placeLists, readLevels, roomForLevels } from "./page-levels.ts";
import { type Page, readPages } from "./read-pages.ts";

const mostFirst = 2 ** 14;
/** The bytes of the length before each string of a dictionary. */
const lengthBytes = 4;

/** The progress of decoding so far. */
interface ChunkProgress extends Progress {
  /** The values of the chunk's dictionary page; for text they are the numbers that its strings have in `strings`. */
  dictionary?: Dictionary;
  /** Present for text. */
  readonly strings?: StringDictionary;
  /** Present for lists whose file is open for other columns, too. */
  readonly known?: KnownLevels;
  /** Another column's offsets, which were equal to this column's own so far, so that none was written yet. */
  alike?: Uint32Array | undefined;
}

interface Dictionary {
  /** Returns the values; must be called again after an area was taken, which may move them. */
  readonly values: () => Values;
  /** The borrowed memory of the values, if they are not in the kernels' memory. */
  readonly memory?: Uint8Array;
}

const knownLevels = new WeakMap<object, KnownLevels>();

function knownOf(opened: object): KnownLevels {
  const known = knownLevels.get(opened) ?? new KnownLevels();
  knownLevels.set(opened, known);
  return known;
}

export async function decodeColumn(
  file: ByteReader,
  { chunks, levels: { elements } }: ColumnPlace,
  target: ColumnTarget,
  { column, entries }: Pick<ColumnLocation, "column" | "entries">,
): Promise<ReadCounts> {
  // A dictionary is also needed if the file has no type for the column because it contains nothing.
  const strings = column.dtype === "string" ? new StringDictionary() : undefined;
  const progress: ChunkProgress = {
    counts: [0, ...elements.map(() => 0)],
    missing: 0,
    depth: 0,
    ...(strings && { strings }),
    ...(file.opened && elements.length === 1 && { known: knownOf(file.opened), alike: target.alike?.[0] }),
  };
  const { counts } = progress;
  for (const chunk of chunks) await decodeChunk(file, chunk, target, progress);
  if (counts[0] !== entries) throw new Error(`it has ${counts[0]} entries where the file states ${entries}`);
  const isAlike = progress.alike !== undefined && progress.alike[counts[0]] === counts[1];
  if (progress.alike && !isAlike) writeAlike(target.offsets, progress);
  for (const level of isAlike ? [] : elements.keys()) target.offsets[level][counts[level]] = counts[level + 1];
  const done = { values: counts[counts.length - 1], missing: progress.missing, ...(isAlike && { isAlike }) };
  return strings ? { ...done, stringBytes: strings.write(target.strings!) } : done;
}

/** Decodes a chunk; its values are appended to those of the chunks before it. */
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
    if (chunk.levelEntries > 0) await readPages(file, chunk, decode, { onNextWindow: () => keepDictionary(target, progress) });
  } finally {
    forgetDictionary(progress);
  }
  if (counts[0] !== end) throw new Error(`it has ${counts[0] - before} entries where the file states ${chunk.entries}`);
}

/** Reads offsets from the first page, from at most `mostFirst` level entries. */
export async function readFirstOffsets(file: ByteReader, { chunks: [chunk] }: ColumnPlace): Promise<Uint32Array> {
  if (!chunk) throw new Error("it has no entries");
  const levels = chunk.levelEntries;
  let found = new Uint32Array(1);
  const decode = (page: Page) => {
    if (page.count > levels) throw new Error(`its pages hold more than the ${levels} values that the file states`);
    const count = Math.min(page.count, mostFirst);
    const offsets = new Uint32Array(count + 1);
    const progress: Progress = { counts: [0, 0], missing: 0, depth: 0 };
    const content = openPage(page, chunk.codec, roomForLevels(count, chunk.levels));
    const read = readLevels(content, findLevels(content, page, chunk.levels), count, chunk.levels);
    placeLists(content, count, read, chunk.levels, { offsets: [offsets], entries: count }, progress);
    const [entries, values] = progress.counts;
    offsets[entries] = values;
    // The last list may continue after these level entries.
    found = offsets.subarray(0, count < levels ? entries : entries + 1);
    return "done" as const;
  };
  await readPages(file, chunk, decode, { isFirstOnly: true });
  return found;
}

function decodeDictionary(page: Page, chunk: ColumnChunk, target: ColumnTarget, progress: ChunkProgress): void {
  forgetDictionary(progress);
  const { bytes } = openPage(page, chunk.codec, []);
  const least = page.count * (progress.strings ? lengthBytes : widthOf(chunk));
  if (least > bytes.length)
    throw new Error(`a dictionary of ${page.count} values: these need ${least} bytes, the page has ${bytes.length}`);
  const { byteOffset } = bytes;
  const isHere = !progress.strings && isAsStored(chunk, target.values) && byteOffset % target.values.BYTES_PER_ELEMENT === 0;
  if (isHere && holdMore(bytes)) {
    progress.dictionary = { values: () => sameKind(target.values, heldBuffer(), page.count, byteOffset) };
    return;
  }
  const values = lendDictionary(page.count, target, progress);
  if (progress.strings) decodePlainStrings(bytes, progress.strings, values);
  else decodePlain(bytes, chunk, values);
}

/** Borrows memory for a dictionary. Its content is undefined. */
function lendDictionary(count: number, target: ColumnTarget, progress: ChunkProgress): Values {
  const memory = borrow(count * target.values.BYTES_PER_ELEMENT);
  const values = sameKind(target.values, memory.buffer, count);
  progress.dictionary = { values: () => values, memory };
  return values;
}

/** Moves the dictionary out of the kernels' memory, which others will use, into borrowed memory. */
function keepDictionary(target: ColumnTarget, progress: ChunkProgress): void {
  if (!progress.dictionary || progress.dictionary.memory) return;
  const values = progress.dictionary.values();
  bytesOf(lendDictionary(values.length, target, progress)).set(bytesOf(values));
}

function forgetDictionary(progress: ChunkProgress): void {
  if (progress.dictionary?.memory) giveBack(progress.dictionary.memory);
  delete progress.dictionary;
}

function decodePage(page: Page, chunk: ColumnChunk, target: ColumnTarget, progress: ChunkProgress, entries: number): void {
  const { levels, codec } = chunk;
  const { counts, strings, dictionary } = progress;
  const lists = levels.elements.length;
  const first = counts[lists];
  const room = [...roomForLevels(page.count, levels), ...roomForValues(page.encoding, page.count, target.values, dictionary?.values())];
  const content = openPage(page, codec, room);
  const ranges = findLevels(content, page, levels);
  const values = content.bytes.subarray(ranges.end);
  const { missing, definition } = placePage(content, page, ranges, { levels, offsets: target.offsets, entries }, progress);
  const count = counts[lists] - first;
  const output = target.values.subarray(first, first + count - missing);
  if (strings) decodeStrings(content, values, page.encoding, strings, output, dictionary?.values());
  else decodeValues(content, values, page.encoding, chunk, output, dictionary?.values());
  if (missing === 0) {
    target.valid?.fill(1, first, first + count);
    return;
  }
  if (!target.valid) throw new Error(`${missing} values are missing where the file's statistics say none`);
  const [element = 0] = levels.elements.slice(-1);
  markValid(definition, levels.maxDefinition, element, target.valid.subarray(first, first + count));
  spread(target.values.subarray(first, first + count), target.valid.subarray(first, first + count), count - missing);
  progress.missing += missing;
}

interface PageTarget {
  readonly levels: Levels;
  readonly offsets: ColumnTarget["offsets"];
  /** The most entries that the page may have. */
  readonly entries: number;
}

/** Writes where the page's lists begin. Returns how many of its values are missing and, if any are, the definition levels. */
function placePage(
  content: PageContent,
  { count }: Page,
  ranges: LevelRanges,
  { levels, offsets, entries }: PageTarget,
  progress: ChunkProgress,
): { readonly missing: number; readonly definition: Uint8Array } {
  const { counts, known } = progress;
  if (!known) {
    const read = readLevels(content, ranges, count, levels);
    return { missing: placeLists(content, count, read, levels, { offsets, entries }, progress), definition: read.definition };
  }
  const place = (): PagePlace => ({ entries: counts[0], elements: counts[1], depth: progress.depth });
  const encoded = { bytes: content.bytes.subarray(0, ranges.end), repetition: ranges.repetition };
  const look = { encoded, count, levels, before: place() };
  const found = known.find(look);
  if (found && found.after.entries <= entries) {
    if (!progress.alike || !isPartOf(progress.alike, counts[0], found.offsets)) {
      writeAlike(offsets, progress);
      offsets[0].set(found.offsets, counts[0]);
    }
    [counts[0], counts[1], progress.depth] = [found.after.entries, found.after.elements, found.after.depth];
    return { missing: 0, definition: new Uint8Array(0) };
  }
  writeAlike(offsets, progress);
  const { definition, repetition } = readLevels(content, ranges, count, levels);
  const missing = placeLists(content, count, { repetition, definition }, levels, { offsets, entries }, progress);
  if (missing === 0) known.add({ ...look, after: place(), offsets: offsets[0].subarray(look.before.entries, counts[0]) });
  return { missing, definition };
}

const isPartOf = (whole: Uint32Array, at: number, part: Uint32Array): boolean =>
  whole.buffer === part.buffer && whole.byteOffset + 4 * at === part.byteOffset;

/** Writes the offsets that were equal to another column's so far, because they differ from here on, or may differ. */
function writeAlike(offsets: ColumnTarget["offsets"], progress: ChunkProgress): void {
  if (!progress.alike) return;
  offsets[0].set(progress.alike.subarray(0, progress.counts[0]));
  progress.alike = undefined;
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

function sameKind(values: Values, buffer: ArrayBufferLike, length: number, at = 0): Values {
  if (values instanceof Float32Array) return new Float32Array(buffer, at, length);
  if (values instanceof Float64Array) return new Float64Array(buffer, at, length);
  if (values instanceof Int32Array) return new Int32Array(buffer, at, length);
  if (values instanceof BigInt64Array) return new BigInt64Array(buffer, at, length);
  if (values instanceof BigUint64Array) return new BigUint64Array(buffer, at, length);
  if (values instanceof Uint32Array) return new Uint32Array(buffer, at, length);
  return new Uint8Array(buffer, at, length);
}
