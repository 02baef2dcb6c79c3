/**
 * Decodes whether each list of a column is present or null, for which it only decodes the levels of the pages. It ignores the lists inside of these lists. The
 * result is a column in the lists around them, in which each value tells whether a list is present.
 *
 * On return, exactly the entries and the level entries of every chunk were decoded, and nothing was written outside the target. Otherwise it throws, and the
 * target's content is undefined.
 */
import type { ColumnLocation, ColumnTarget, ReadCounts } from "../../dataset.ts";
import type { ByteReader } from "../../sources/source.ts";
import type { ColumnChunk, ColumnPlace } from "../column-chunk.ts";
import { openPage } from "./page-content.ts";
import { findLevels, type Progress, placeNested, readLevels, roomForLevels } from "./page-levels.ts";
import { type Page, readPages } from "./read-pages.ts";

type Size = Pick<ColumnLocation, "entries">;

export async function decodePresence(file: ByteReader, place: ColumnPlace, target: ColumnTarget, { entries }: Size): Promise<ReadCounts> {
  const presence = place.presence!;
  const progress: Progress = { counts: Array.from({ length: presence + 1 }, () => 0), missing: 0, depth: 0 };
  const { counts } = progress;
  for (const chunk of place.chunks) {
    const end = counts[0]! + chunk.entries;
    let levels = 0;
    progress.depth = 0;
    const decode = (page: Page) => {
      if (page.kind === "dictionary") return "more" as const;
      levels += page.count;
      if (levels > chunk.levelEntries) throw new Error(`its pages hold more than the ${chunk.levelEntries} values that the file states`);
      decodePage(page, chunk, { presence, target, progress });
      return levels < chunk.levelEntries ? ("more" as const) : ("done" as const);
    };
    if (chunk.levelEntries > 0) await readPages(file, chunk, decode);
    if (counts[0] !== end) throw new Error(`it has ${counts[0]} entries where the file states ${end}`);
  }
  if (counts[0] !== entries) throw new Error(`it has ${counts[0]} entries where the file states ${entries}`);
  for (const level of target.offsets.keys()) target.offsets[level]![counts[level]!] = counts[level + 1]!;
  return { values: counts[presence]!, missing: 0 };
}

interface PageTarget {
  readonly presence: number;
  readonly target: ColumnTarget;
  readonly progress: Progress;
}

function decodePage(page: Page, { codec, levels }: ColumnChunk, { presence, target, progress }: PageTarget): void {
  const content = openPage(page, codec, roomForLevels(page.count, levels));
  const { repetition, definition } = readLevels(content, findLevels(content, page, levels), page.count, levels);
  const present = levels.present[presence]!;
  const outer = levels.elements.slice(0, presence);
  const least = outer.at(-1) ?? 0;
  const { values, offsets } = target;
  const { counts } = progress;
  let kept = 0;
  let value = counts[presence]!;
  for (let index = 0; index < page.count; index++) {
    // This entry continues a list that has begun before.
    if (repetition[index]! > presence) continue;
    const level = definition[index]!;
    repetition[kept] = repetition[index]!;
    definition[kept++] = level;
    if (level >= least) values[value++] = level >= present ? 1 : 0;
  }
  if (presence === 0) counts[0]! += kept;
  else placeNested(repetition.subarray(0, kept), definition.subarray(0, kept), outer, offsets, progress);
  if (counts[presence] !== value || value > values.length) throw new Error(`it has ${value} lists where there are ${counts[presence]}`);
}
