/** Columns that one job of a thread loads: what the thread is told, and what its answer means for the column cache, the cache on the disk and the figures. */
import { LoadInterrupted, type PlacedColumn, type Settled } from "../../datasets/cache/cached-column.ts";
import type { DiskTier } from "../../datasets/cache/disk/disk-tier.ts";
import type { LoadedBounds } from "../../datasets/cache/loaded-bounds.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import { errorOf } from "./job-failures.ts";
import type { ColumnToLoad, LoadOutcome } from "./worker-messages.ts";

export interface PlanOptions {
  readonly meter?: Meter | undefined;
  /** The cache on the disk, if there is one. */
  readonly disk?: DiskTier | undefined;
  /** Is told the bounds of the loaded columns. */
  readonly bounds?: LoadedBounds | undefined;
}

export interface PlannedLoad {
  readonly columns: readonly ColumnToLoad[];
  /** The result of each column. Exactly one of `take` and `giveUp` must be called, once. */
  take(outcomes: readonly LoadOutcome[]): readonly Settled[];
  /** Must be called if there is no answer, or if what it says of the columns is lost. */
  giveUp(): void;
}

export function planLoad(placed: readonly PlacedColumn[], { meter, disk, bounds }: PlanOptions): PlannedLoad {
  const copies = placed.map(({ fingerprint, location }) => disk?.plan(fingerprint, location));
  const settleCopies = (outcomes: readonly LoadOutcome[]) => {
    for (const [index, copy] of copies.entries()) {
      const outcome = outcomes[index];
      if (copy) disk!.settle(copy, outcome?.kind === "column" ? outcome.disk : undefined);
    }
  };
  const resultOf = (outcome: LoadOutcome, { fingerprint, location }: PlacedColumn): Settled => {
    if (outcome.kind === "failed") {
      const error = errorOf(outcome.failure);
      return { error: outcome.failure.kind === "interrupted" ? new LoadInterrupted("the load was interrupted", { cause: error }) : error };
    }
    const { kind: _, offsetsOf, disk: __, bounds: found, ...loaded } = outcome;
    if (found) bounds?.note(fingerprint, location.column.name, found);
    const { bytes, reading, decoding } = loaded.cost;
    meter?.count("femtoq_read_bytes_total", undefined, bytes);
    meter?.count("femtoq_read_seconds_total", "reading", reading / 1000);
    meter?.count("femtoq_read_seconds_total", "decoding", decoding / 1000);
    return { ...loaded, ...(offsetsOf !== undefined && { offsets: placed[offsetsOf]!.place.offsets }) };
  };
  return {
    columns: placed.map(({ location, place: { slab: _, ...blocks } }, index) => {
      const copy = copies[index];
      return { location, ...blocks, ...(copy && { disk: { path: copy.path, isThere: copy.isThere, isWanted: copy.isWanted } }) };
    }),
    take(outcomes) {
      settleCopies(outcomes);
      return placed.map((column, index) => resultOf(outcomes[index]!, column));
    },
    giveUp: () => settleCopies([]),
  };
}
