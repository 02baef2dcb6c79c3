/**
 * Remembers levels that several columns of one collection have in common. If their bytes are equal, page by page, the lists of the first column are those of
 * all. Comparing bytes and copying offsets costs a tenth of decoding.
 *
 * The offsets found are those that decoding would give. At most `mostKept` bytes of levels are kept.
 */
import { Buffer } from "node:buffer";
import type { Levels } from "../column-chunk.ts";
import type { EncodedLevels } from "./page-levels.ts";

const mostKept = 2 ** 24;
/** The most collections that are remembered with a page at the same place. */
const mostAtOnce = 16;

/** The state at the begin or end of a page: the entries and elements before it, and in how many lists the last level entry has an element. */
export interface PagePlace {
  readonly entries: number;
  readonly elements: number;
  readonly depth: number;
}

/** A page of lists without missing values. */
export interface KnownPage {
  readonly encoded: EncodedLevels;
  /** The number of level entries. */
  readonly count: number;
  readonly levels: Levels;
  readonly before: PagePlace;
  readonly after: PagePlace;
  /** The offsets of its lists, in the target of the column that was decoded first. Nobody else writes there while the file is open. */
  readonly offsets: Uint32Array;
}

export type PageLook = Omit<KnownPage, "after" | "offsets">;

/** Remembers the levels of a partition's columns while its file is open, since columns of the same lists mostly have the same levels. */
export class KnownLevels {
  /** The pages by the number of entries before them. */
  readonly #pages = new Map<number, KnownPage[]>();
  #kept = 0;

  /** Remembers a page; keeps a copy of its levels. */
  add(page: KnownPage): void {
    const { bytes, repetition } = page.encoded;
    const others = this.#pages.get(page.before.entries) ?? [];
    if (others.length >= mostAtOnce || this.#kept + bytes.length > mostKept) return;
    this.#kept += bytes.length;
    this.#pages.set(page.before.entries, [...others, { ...page, encoded: { bytes: bytes.slice(), repetition } }]);
  }

  find(look: PageLook): KnownPage | undefined {
    return this.#pages.get(look.before.entries)?.find((page) => isLike(page, look));
  }
}

function isLike(page: KnownPage, { encoded, count, levels, before }: PageLook): boolean {
  return (
    page.count === count &&
    page.before.elements === before.elements &&
    page.before.depth === before.depth &&
    page.levels.maxDefinition === levels.maxDefinition &&
    page.levels.elements.join() === levels.elements.join() &&
    page.encoded.repetition.join() === encoded.repetition.join() &&
    Buffer.compare(page.encoded.bytes, encoded.bytes) === 0
  );
}
