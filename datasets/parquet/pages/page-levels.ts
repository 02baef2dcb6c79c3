/** Decodes the levels of a data page, which tell where its lists begin and which values are missing. */
import { copyBytes } from "../../copy-bytes.ts";
import type { ColumnTarget } from "../../dataset.ts";
import type { Levels } from "../column-chunk.ts";
import { decodeLevels } from "./decode-hybrid.ts";
import { bytesOf } from "./decode-values.ts";
import type { PageContent } from "./page-content.ts";
import type { Page } from "./read-pages.ts";

/** The progress of decoding a chunk. */
export interface Progress {
  /** The number of entries, then that of the elements of each level of lists; the last ones are the values. */
  readonly counts: number[];
  missing: number;
  /** The number of lists in which the last level entry has an element; 0 before the first entry. */
  depth: number;
}

/** The levels, a byte for each level entry; empty if the column has no such levels. */
interface PageLevels {
  readonly repetition: Uint8Array;
  readonly definition: Uint8Array;
}

const stateBytes = 5 * 4;

/** The bytes in the area that `count` levels need. */
export function roomForLevels(count: number, { maxDefinition, elements }: Levels): readonly number[] {
  const levels = [elements.length, maxDefinition].filter((most) => most > 0).map(() => count);
  return elements.length === 1 ? [...levels, 4 * (count + 1), stateBytes] : levels;
}

/** Encoded levels of a page, including their lengths if the page has these. */
export interface EncodedLevels {
  /** The front of the page's content. */
  readonly bytes: Uint8Array;
  /** The range of the repetition levels; before it come lengths. */
  readonly repetition: Range;
}

type Range = readonly [start: number, end: number];

/** The ranges of levels in a page's content, without their lengths; empty if the column has no such levels. */
export interface LevelRanges {
  readonly repetition: Range;
  readonly definition: Range;
  /** Where the values begin. */
  readonly end: number;
}

export function findLevels({ bytes }: PageContent, page: Page, { maxDefinition, elements }: Levels): LevelRanges {
  if (page.levelBytes) {
    const [repetition, definition] = page.levelBytes;
    const end = repetition + definition;
    return { repetition: [0, repetition], definition: [repetition, end], end };
  }
  let at = 0;
  const next = (number: 0 | 1, most: number): Range => {
    if (most === 0) return [at, at];
    const encoding = page.levelEncodings?.[number];
    if (encoding !== "RLE") throw new Error(`its levels are encoded by ${encoding}, which is not supported`);
    const start = at + 4;
    if (start > bytes.length) throw new Error("levels overrun their page");
    at = start + new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true);
    if (at > bytes.length) throw new Error("levels overrun their page");
    return [start, at];
  };
  const repetition = next(0, elements.length);
  return { repetition, definition: next(1, maxDefinition), end: at };
}

export function readLevels(content: PageContent, ranges: LevelRanges, count: number, { maxDefinition, elements }: Levels): PageLevels {
  const read = ([start, end]: Range, most: number) =>
    most === 0 ? noLevels : checkedLevels(content, content.bytes.subarray(start, end), most, count);
  return { repetition: read(ranges.repetition, elements.length), definition: read(ranges.definition, maxDefinition) };
}

const noLevels = new Uint8Array(0);

function checkedLevels(content: PageContent, bytes: Uint8Array, most: number, count: number): Uint8Array {
  const bits = 32 - Math.clz32(most);
  const levels = decodeLevels(content, bytes, bits, count);
  if (most < 2 ** bits - 1 && levels.some((level) => level > most)) throw new Error(`a level is beyond ${most}`);
  return levels;
}

/**
 * Writes where the page's lists begin, counts its entries and elements, and returns how many of its values are missing. Throws if there are more than
 * `entries`.
 */
export function placeLists(
  content: PageContent,
  count: number,
  { repetition, definition }: PageLevels,
  { maxDefinition, elements }: Levels,
  { offsets, entries }: { readonly offsets: ColumnTarget["offsets"]; readonly entries: number },
  progress: Progress,
): number {
  const { counts } = progress;
  const refuseMore = (have: number) => {
    if (have > entries) throw new Error(`it has more than the ${entries} entries that the file states`);
  };
  const [element = 0] = elements.slice(-1);
  const present = () => content.kernels.countEqual(definition.byteOffset, definition.length, maxDefinition);
  switch (elements.length) {
    case 0:
      counts[0] += count;
      refuseMore(counts[0]);
      return maxDefinition > 0 ? count - present() : 0;
    case 1: {
      const places = content.take(4 * (count + 1), offsets[0].subarray(counts[0]));
      const state = content.take(stateBytes);
      const words = new Int32Array(state.buffer, state.byteOffset, 5);
      words.set([counts[1], 0, 0, 0, progress.depth]);
      content.kernels.place(
        repetition.byteOffset,
        definition.byteOffset,
        count,
        element,
        maxDefinition,
        places.byteOffset,
        state.byteOffset,
      );
      const [values, begun, full, unfounded, depth] = words as unknown as [number, number, number, number, number];
      if (unfounded !== 0) throw new Error("a list goes on that has not begun, or without an element");
      refuseMore(counts[0] + begun);
      copyBytes(places.subarray(0, 4 * begun), bytesOf(offsets[0].subarray(counts[0], counts[0] + begun)));
      const missing = maxDefinition > element ? values - counts[1] - full : 0;
      counts[0] += begun;
      counts[1] = values;
      progress.depth = depth;
      return missing;
    }
    default: {
      const before = counts[elements.length];
      placeNested(repetition, definition, elements, offsets, progress);
      refuseMore(counts[0]);
      return maxDefinition > element ? counts[elements.length] - before - present() : 0;
    }
  }
}

/**
 * Does the same for lists in lists. A level entry begins a new element in every list from its repetition level on (in all, for a new entry), as far as its
 * definition level says that there is one.
 */
export function placeNested(
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
