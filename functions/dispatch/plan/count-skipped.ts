/** Counts the partitions of which no event can pass a filter, according to the bounds of their columns. Nodes read little or nothing of these. */
import { turn } from "../../../base/turn.ts";
import { type Catalogue, type Dataset, DatasetError } from "../../../datasets/dataset.ts";
import type { Term } from "../../../engine/program/term.ts";
import { columnsInFilters, findImpossible } from "../../../engine/skip/impossible-filter.ts";

/** At most this many partitions are examined. If there are more, these are spread evenly, and the others are assumed to be like them. */
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
      // The file cannot be read now. Running the query will report that.
      if (!(error instanceof DatasetError)) throw error;
    }
  }
  if (asked === partitions.length) return { skipped };
  return { skipped: Math.round((skipped * partitions.length) / asked), skippedIsEstimate: true };
}
