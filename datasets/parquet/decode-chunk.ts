/**
 * A column chunk, page by page, into flat content, validity and offsets.
 *
 * Promises: on return exactly `entries` entries and the chunk's number of level entries were decoded, offsets never fall, a missing
 * value's content is 0, and nothing was written outside of the target. Otherwise throws, and the target holds anything.
 */
import type { ColumnLocation, ColumnTarget, ReadCounts } from "../dataset.ts";
import { isLong, wordsOf } from "../long-arrays.ts";
import type { ByteReader } from "../sources/source.ts";
import type { ColumnChunk, Levels } from "./column-chunk.ts";
import { decodeHybrid } from "./decode-hybrid.ts";
import { decodePlainStrings, decodeStrings } from "./decode-strings.ts";
import { decodePlain, decodeValues, type Values } from "./decode-values.ts";
import { type Page, PageReader } from "./page-reader.ts";
import { Scratch } from "./scratch.ts";
import { StringDictionary } from "./string-dictionary.ts";

const firstPageWindow = 2 ** 16;

/** What is done so far. */
interface Progress {
  /** How many entries, then how many elements of each level of lists; the last of them are the values. */
  readonly counts: number[];
  missing: number;
  /** In how many lists the last level entry has an element; 0 before the first. */
  depth: number;
  /** The values of the chunk's dictionary page; for text they are the numbers that its strings have in `strings`. */
  dictionary?: Values;
  /** Is there for text. */
  readonly strings?: StringDictionary;
}

/** `entries` and `values`: entries and level entries that the file's metadata states. */
export async function decodeChunk(
  file: ByteReader,
  chunk: ColumnChunk,
  target: ColumnTarget,
  size: Pick<ColumnLocation, "column" | "entries" | "values">,
): Promise<ReadCounts> {
  const pages = new PageReader(file, chunk);
  // Also for a file that has no type for it, since nothing is in it.
  const strings = size.column.dtype === "string" ? new StringDictionary() : undefined;
  const progress: Progress = { counts: [0, ...chunk.levels.elements.map(() => 0)], missing: 0, depth: 0, ...(strings && { strings }) };
  const { counts } = progress;
  let levelsDone = 0;
  while (levelsDone < size.values) {
    const page = await pages.next();
    if (page.kind === "dictionary") {
      progress.dictionary = sameKind(target.values, page.count);
      if (strings) decodePlainStrings(page.values, strings, progress.dictionary);
      else decodePlain(page.values, chunk, progress.dictionary);
      continue;
    }
    levelsDone += page.count;
    if (levelsDone > size.values) throw new Error(`its pages hold more than the ${size.values} values that the file states`);
    decodePage(page, chunk, target, progress, size.entries);
  }
  if (counts[0] !== size.entries) throw new Error(`it has ${counts[0]} entries where the file states ${size.entries}`);
  for (const level of chunk.levels.elements.keys()) target.offsets[level][counts[level]] = counts[level + 1];
  const done = { values: counts[counts.length - 1], missing: progress.missing };
  return strings ? { ...done, stringBytes: strings.write(target.strings!) } : done;
}

/** Of the chunk's first page; `levels` is how many level entries the chunk has. */
export async function readFirstOffsets(file: ByteReader, chunk: ColumnChunk, levels: number): Promise<Uint32Array> {
  const pages = new PageReader(file, chunk, firstPageWindow);
  const page = await pages.next({ withoutDictionary: true });
  if (page.kind === "dictionary") throw new Error("a dictionary came where data are needed");
  const { maxDefinition, elements } = chunk.levels;
  const repetition = readLevels(repetitions, page.repetition, elements.length, page.count);
  const definition = readLevels(definitions, page.definition, maxDefinition, page.count);
  const offsets = new Uint32Array(page.count + 1);
  const progress: Progress = { counts: [0, 0], missing: 0, depth: 0 };
  placeElements(repetition, definition, elements[0], offsets, progress);
  const [entries, values] = progress.counts;
  offsets[entries] = values;
  // The last list may go on in the next page.
  return offsets.subarray(0, page.count < levels ? entries : entries + 1);
}

function decodePage(
  page: Extract<Page, { kind: "data" }>,
  chunk: ColumnChunk,
  target: ColumnTarget,
  progress: Progress,
  entries: number,
): void {
  const { maxDefinition, elements } = chunk.levels;
  const { counts, strings, dictionary } = progress;
  const lists = elements.length;
  const element = lists > 0 ? elements[lists - 1] : 0;
  const first = counts[lists];
  const definition = maxDefinition > 0 ? readLevels(definitions, page.definition, maxDefinition, page.count) : noLevels;
  if (lists === 0) counts[0] += page.count;
  else {
    const repetition = readLevels(repetitions, page.repetition, lists, page.count);
    if (lists === 1) placeElements(repetition, definition, element, target.offsets[0].subarray(0, entries + 1), progress);
    else placeNested(repetition, definition, elements, target.offsets, progress);
  }
  if (counts[0] > entries) throw new Error(`it has more than the ${entries} entries that the file states`);
  const count = counts[lists] - first;
  const missing = maxDefinition > element ? countMissing(definition, maxDefinition, element) : 0;
  const output = target.values.subarray(first, first + count - missing);
  if (strings) decodeStrings(page.values, page.encoding, strings, output, dictionary);
  else decodeValues(page.values, page.encoding, chunk, output, dictionary);
  if (missing === 0) {
    target.valid?.fill(1, first, first + count);
    return;
  }
  if (!target.valid) throw new Error(`${missing} values are missing where the file's statistics say none`);
  markValid(definition, maxDefinition, element, target.valid.subarray(first, first + count));
  spread(target.values.subarray(first, first + count), target.valid.subarray(first, first + count), count - missing);
  progress.missing += missing;
}

const noLevels = new Uint8Array(0);
const repetitions = new Scratch((length) => new Uint8Array(length));
const definitions = new Scratch((length) => new Uint8Array(length));

function readLevels(scratch: Scratch<Uint8Array>, bytes: Uint8Array, most: number, count: number): Uint8Array {
  const levels = scratch.take(count);
  const bits = 32 - Math.clz32(most);
  decodeHybrid(bytes, 0, bytes.length, bits, levels, count);
  if (most < 2 ** bits - 1 && levels.some((level) => level > most)) throw new Error(`a level is beyond ${most}`);
  return levels;
}

/**
 * Writes where each entry's elements begin. Without branches: the next entry's offset is written again and again until it begins. A list may go on
 * only with an element, and only after one.
 */
function placeElements(repetition: Uint8Array, definition: Uint8Array, element: number, offsets: Uint32Array, progress: Progress): void {
  let [entry, values] = progress.counts;
  let { depth } = progress;
  let unfounded = 0;
  for (let index = 0; index < repetition.length; index++) {
    const before = depth;
    depth = definition[index] >= element ? 1 : 0;
    offsets[entry] = values;
    entry += repetition[index] ^ 1;
    values += depth;
    unfounded |= repetition[index] & ((before & depth) ^ 1);
  }
  if (unfounded !== 0) throw new Error("a list goes on that has not begun, or without an element");
  progress.counts[0] = entry;
  progress.counts[1] = values;
  progress.depth = depth;
}

/**
 * The same for lists in lists. A level entry begins a new element of every list from its repetition level on (of all, for a new entry) as far as
 * its definition level says that there is one.
 */
function placeNested(
  repetition: Uint8Array,
  definition: Uint8Array,
  elements: Levels["elements"],
  offsets: readonly Uint32Array[],
  progress: Progress,
): void {
  const { counts } = progress;
  const lists = elements.length;
  for (let index = 0; index < repetition.length; index++) {
    const repeated = repetition[index];
    if (repeated > progress.depth) throw new Error("a list goes on that has not begun");
    if (repeated === 0) offsets[0][counts[0]++] = counts[1];
    let depth = 0;
    while (depth < lists && definition[index] >= elements[depth]) depth++;
    if (depth < repeated) throw new Error("a list goes on without an element");
    for (let list = Math.max(1, repeated); list <= depth; list++) {
      if (list < lists) offsets[list][counts[list]] = counts[list + 1];
      counts[list]++;
    }
    progress.depth = depth;
  }
}

function countMissing(definition: Uint8Array, maxDefinition: number, element: number): number {
  let missing = 0;
  for (let index = 0; index < definition.length; index++) {
    const level = definition[index];
    missing += level >= element && level < maxDefinition ? 1 : 0;
  }
  return missing;
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

function sameKind(values: Values, length: number): Values {
  if (values instanceof Float32Array) return new Float32Array(length);
  if (values instanceof Float64Array) return new Float64Array(length);
  if (values instanceof Int32Array) return new Int32Array(length);
  if (values instanceof BigInt64Array) return new BigInt64Array(length);
  if (values instanceof BigUint64Array) return new BigUint64Array(length);
  if (values instanceof Uint32Array) return new Uint32Array(length);
  return new Uint8Array(length);
}
