/**
 * Divides the columns of one partition that must be loaded into jobs: as many as there are free threads, so that a partition is loaded soon. A remote file
 * gets one job, since reading it together costs less and its thread mostly waits.
 */
import type { Load, Loaded, ToLoad } from "../../datasets/cache/cached-column.ts";
import type { DiskTier, PlannedCopy } from "../../datasets/cache/disk/disk-tier.ts";
import type { LoadedBounds } from "../../datasets/cache/loaded-bounds.ts";
import { isLocal } from "../../datasets/sources/sources.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import { errorOf } from "./job-failures.ts";
import type { LoadJob, LoadOutcome } from "./worker-messages.ts";

export interface SubmittedLoad {
  readonly outcomes: Promise<readonly LoadOutcome[]>;
  /** Tells that nobody waits for this column any more. */
  abort(column: number): void;
  /** Tells that nobody waits for any column of the job. */
  abandon(): void;
}

export interface LoadOptions {
  /** The number of idle threads. */
  readonly free: number;
  readonly submit: (job: LoadJob) => SubmittedLoad;
  readonly meter?: Meter | undefined;
  /** The cache on the disk, if there is one. */
  readonly disk?: DiskTier | undefined;
  /** Is told the bounds of the loaded columns. */
  readonly bounds?: LoadedBounds | undefined;
}

export function loadColumns(columns: Parameters<Load>[0], { free, submit, meter, disk, bounds }: LoadOptions): readonly Promise<Loaded>[] {
  const isFar = columns.some(({ location }) => !isLocal(location.file.path));
  const loading = new Map<ToLoad, Promise<Loaded>>();
  for (const group of split(columns, isFar ? 1 : Math.max(1, free))) {
    const copies = group.map(({ fingerprint, location }) => disk?.plan(fingerprint, location));
    const submitted = submit(jobOf(group, copies));
    for (const [index, copy] of copies.entries()) if (copy) void settleCopy(disk!, copy, submitted.outcomes, index);
    const stopFollowing = followSignals(group, submitted);
    void submitted.outcomes.then(stopFollowing, stopFollowing);
    for (const [index, column] of group.entries()) loading.set(column, resultOf(submitted.outcomes, group, { index, meter, bounds }));
  }
  return columns.map((column) => loading.get(column)!);
}

/** Splits columns into groups of about equally many values, assigning the largest columns first. */
function split(columns: readonly ToLoad[], most: number): readonly (readonly ToLoad[])[] {
  const groups = Array.from({ length: Math.min(most, columns.length) }, () => ({ values: 0, columns: [] as ToLoad[] }));
  for (const column of columns.toSorted((a, b) => b.location.values - a.location.values)) {
    const least = groups.reduce((least, group) => (group.values < least.values ? group : least));
    least.columns.push(column);
    least.values += column.location.values + 1;
  }
  return groups.map((group) => group.columns);
}

function jobOf(group: readonly ToLoad[], copies: readonly (PlannedCopy | undefined)[]): LoadJob {
  const columns = group.map(({ location, place: { slab: _, ...blocks } }, index) => {
    const copy = copies[index];
    return { location, ...blocks, ...(copy && { disk: { path: copy.path, isThere: copy.isThere, isWanted: copy.isWanted } }) };
  });
  return { kind: "load", slab: group[0]!.place.slab.id, columns };
}

/** Keeps or discards the copy on the disk, depending on the column's outcome. Never rejects. */
async function settleCopy(disk: DiskTier, copy: PlannedCopy, outcomes: SubmittedLoad["outcomes"], index: number): Promise<void> {
  const outcome = await outcomes.then((all) => all[index]!).catch(() => undefined);
  disk.settle(copy, outcome?.kind === "column" ? outcome.disk : undefined);
}

async function resultOf(
  outcomes: SubmittedLoad["outcomes"],
  group: readonly ToLoad[],
  { index, meter, bounds }: { readonly index: number } & Pick<LoadOptions, "meter" | "bounds">,
): Promise<Loaded> {
  const outcome = (await outcomes)[index]!;
  if (outcome.kind === "failed") throw errorOf(outcome.failure);
  const { kind: _, offsetsOf, disk: __, bounds: found, ...loaded } = outcome;
  const { fingerprint, location } = group[index]!;
  if (found) bounds?.note(fingerprint, location.column.name, found);
  const { bytes, reading, decoding } = loaded.cost;
  meter?.count("femtoq_read_bytes_total", undefined, bytes);
  meter?.count("femtoq_read_seconds_total", "reading", reading / 1000);
  meter?.count("femtoq_read_seconds_total", "decoding", decoding / 1000);
  return { ...loaded, ...(offsetsOf !== undefined && { offsets: group[offsetsOf]!.place.offsets }) };
}

function followSignals(group: readonly ToLoad[], submitted: SubmittedLoad): () => void {
  const onAbort = group.map((_, index) => () => {
    submitted.abort(index);
    if (group.every(({ signal }) => signal.aborted)) submitted.abandon();
  });
  for (const [index, { signal }] of group.entries()) {
    signal.addEventListener("abort", onAbort[index]!, { once: true });
    if (signal.aborted) onAbort[index]!();
  }
  return () => {
    for (const [index, { signal }] of group.entries()) signal.removeEventListener("abort", onAbort[index]!);
  };
}
