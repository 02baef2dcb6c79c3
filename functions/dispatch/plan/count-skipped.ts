/** Of how many partitions no event can pass a filter, as far as the bounds of their columns tell: of those nodes read little or nothing. */
import { turn } from "../../../base/turn.ts";
import { type Catalogue, type Dataset, DatasetError } from "../../../datasets/dataset.ts";
import type { Term } from "../../../engine/program/term.ts";
import { columnsInFilters, findImpossible } from "../../../engine/skip/impossible-filter.ts";

/** Of more partitions so many are looked at, evenly spread, and the others are taken to be like these. */
const mostAsked = 4_000;
const atATime = 100;

export interface SkippedCount {
  readonly skipped: number;
  readonly skippedIsEstimate?: true;
}

export async function countSkipped(filters: readonly Term[], dataset: Dataset, catalogue: Catalogue): Promise<SkippedCount> {
  const { partitions, schema } = dataset;
  const names = columnsInFilters(filters, schema.columns);
  if (names.length === 0) return { skipped: 0 };
  const asked = Math.min(mostAsked, partitions.length);
  let skipped = 0;
  for (let index = 0; index < asked; index++) {
    if (index % atATime === atATime - 1) await turn();
    try {
      const known = await catalogue.bounds(dataset.name, partitions[Math.floor((index * partitions.length) / asked)]!, names);
      if (findImpossible(filters, schema.columns, known) !== undefined) skipped++;
    } catch (error) {
      // A file that cannot be read now: running the query says so.
      if (!(error instanceof DatasetError)) throw error;
    }
  }
  if (asked === partitions.length) return { skipped };
  return { skipped: Math.round((skipped * partitions.length) / asked), skippedIsEstimate: true };
}
