/**
 * A column chunk, page by page, into flat content, validity and offsets.
 *
 * Promises: on return exactly `entries` entries and the chunk's number of values were decoded, offsets never fall, a missing
 * value's content is 0, and nothing was written outside of the target. Otherwise throws, and the target holds anything.
 */

import type { ColumnTarget } from "../dataset.ts";
import type { ByteSource } from "../sources/byte-source.ts";
import type { Levels, ParquetChunk } from "./chunk.ts";
import { decodeHybrid } from "./decode-hybrid.ts";
import { decodePlain, decodeValues, type Values } from "./decode-values.ts";
import { type Page, PageReader } from "./page-reader.ts";

export interface Decoded {
  readonly values: number;
  /** Of these, how many are missing. */
  readonly missing: number;
}

/** Entries and values done so far. */
interface Progress {
  entries: number;
  values: number;
  missing: number;
}

/** `size`: entries and level entries that the file's metadata states. */
export async function decodeChunk(
  source: ByteSource,
  chunk: ParquetChunk,
  target: ColumnTarget,
  size: { readonly entries: number; readonly values: number },
): Promise<Decoded> {
  const pages = new PageReader(source, chunk);
  const progress: Progress = { entries: 0, values: 0, missing: 0 };
  let dictionary: Values | undefined;
  let levelsDone = 0;
  while (levelsDone < size.values) {
    const page = await pages.next();
    if (page.kind === "dictionary") {
      dictionary = sameKind(target.values, page.count);
      decodePlain(page.values, chunk, dictionary);
      continue;
    }
    levelsDone += page.count;
    if (levelsDone > size.values) throw new Error(`its pages hold more than the ${size.values} values that the file states`);
    decodePage(page, chunk, dictionary, target, progress, size.entries);
  }
  if (progress.entries !== size.entries) throw new Error(`it has ${progress.entries} entries where the file states ${size.entries}`);
  if (chunk.levels.list) target.offsets[0][size.entries] = progress.values;
  return { values: progress.values, missing: progress.missing };
}

function decodePage(
  page: Extract<Page, { kind: "data" }>,
  chunk: ParquetChunk,
  dictionary: Values | undefined,
  target: ColumnTarget,
  progress: Progress,
  entries: number,
): void {
  const { levels } = chunk;
  const first = progress.values;
  const definition = levels.maxDefinition > 0 ? readLevels(page.definition, levels.maxDefinition, page.count) : undefined;
  if (levels.list) placeElements(readLevels(page.repetition, 1, page.count), definition!, levels, target.offsets[0], progress, entries);
  else progress.entries = progress.values = first + page.count;
  if (progress.entries > entries) throw new Error(`it has more than the ${entries} entries that the file states`);
  const count = progress.values - first;
  const missing = definition && levels.maxDefinition > levels.element ? countMissing(definition, levels) : 0;
  const output = target.values.subarray(first, first + count - missing);
  decodeValues(page.values, page.encoding, chunk, output, dictionary);
  if (missing === 0) {
    target.valid?.fill(1, first, first + count);
    return;
  }
  if (!target.valid) throw new Error(`${missing} values are missing where the file's statistics say none`);
  markValid(definition!, levels, target.valid.subarray(first, first + count));
  spread(target.values.subarray(first, first + count), target.valid.subarray(first, first + count), count - missing);
  progress.missing += missing;
}

function readLevels(bytes: Uint8Array, most: number, count: number): Uint8Array {
  const levels = new Uint8Array(count);
  decodeHybrid(bytes, 0, bytes.length, 32 - Math.clz32(most), levels, count);
  return levels;
}

/** Writes where each entry's elements begin. Without branches: the next entry's offset is written again and again until it begins. */
function placeElements(
  repetition: Uint8Array,
  definition: Uint8Array,
  { element }: Levels,
  offsets: Uint32Array,
  progress: Progress,
  entries: number,
): void {
  if (progress.entries === 0 && repetition[0] === 1) throw new Error("its first list has no beginning");
  let entry = progress.entries;
  let values = progress.values;
  const starts = offsets.subarray(0, entries + 1);
  for (let index = 0; index < repetition.length; index++) {
    starts[entry] = values;
    entry += repetition[index]! ^ 1;
    values += definition[index]! >= element ? 1 : 0;
  }
  progress.entries = entry;
  progress.values = values;
}

function countMissing(definition: Uint8Array, { maxDefinition, element }: Levels): number {
  let missing = 0;
  for (let index = 0; index < definition.length; index++) {
    const level = definition[index]!;
    missing += level >= element && level < maxDefinition ? 1 : 0;
  }
  return missing;
}

function markValid(definition: Uint8Array, { maxDefinition, element }: Levels, valid: Uint8Array): void {
  let value = 0;
  for (let index = 0; index < definition.length; index++) {
    const level = definition[index]!;
    if (level >= element) valid[value++] = level === maxDefinition ? 1 : 0;
  }
}

/** Moves the `present` first values to the places that are valid, from the back, and puts 0 into the others. */
function spread(values: Values, valid: Uint8Array, present: number): void {
  let from = present;
  for (let to = values.length - 1; to >= 0; to--) values[to] = valid[to] === 1 ? values[--from]! : 0;
}

function sameKind(values: Values, length: number): Values {
  if (values instanceof Float32Array) return new Float32Array(length);
  if (values instanceof Float64Array) return new Float64Array(length);
  if (values instanceof Int32Array) return new Int32Array(length);
  if (values instanceof Uint32Array) return new Uint32Array(length);
  return new Uint8Array(length);
}
