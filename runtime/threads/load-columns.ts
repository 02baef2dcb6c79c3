/**
 * Divides the columns of one partition that must be loaded into jobs: as many as there are free threads, so that a partition is loaded soon. A remote file
 * gets one job, since reading it together costs less and its thread mostly waits.
 */
import type { Load, Loaded, Settled, ToLoad } from "../../datasets/cache/cached-column.ts";
import { isLocal } from "../../datasets/sources/sources.ts";
import { type PlannedLoad, type PlanOptions, planLoad } from "./plan-load.ts";
import type { LoadJob, LoadOutcome } from "./worker-messages.ts";

export interface SubmittedLoad {
  readonly outcomes: Promise<readonly LoadOutcome[]>;
  /** Tells that nobody waits for this column any more. */
  abort(column: number): void;
  /** Tells that nobody waits for any column of the job. */
  abandon(): void;
}

export interface LoadOptions extends PlanOptions {
  /** The number of idle threads. */
  readonly free: number;
  readonly submit: (job: LoadJob) => SubmittedLoad;
}

export function loadColumns(columns: Parameters<Load>[0], { free, submit, ...options }: LoadOptions): readonly Promise<Loaded>[] {
  const isFar = columns.some(({ location }) => !isLocal(location.file.path));
  const loading = new Map<ToLoad, Promise<Loaded>>();
  for (const group of split(columns, isFar ? 1 : Math.max(1, free))) {
    const planned = planLoad(group, options);
    const submitted = submit({ kind: "load", slab: group[0]!.place.slab.id, columns: planned.columns });
    const stopFollowing = followSignals(group, submitted);
    const results = resultsOf(submitted, planned).finally(stopFollowing);
    for (const [index, column] of group.entries())
      loading.set(
        column,
        results.then((all) => loadedOf(all[index]!)),
      );
  }
  return columns.map((column) => loading.get(column)!);
}

async function resultsOf({ outcomes }: SubmittedLoad, planned: PlannedLoad): Promise<readonly Settled[]> {
  const told = await outcomes.catch((error: unknown) => {
    planned.giveUp();
    throw error;
  });
  return planned.take(told);
}

function loadedOf(result: Settled): Loaded {
  if ("error" in result) throw result.error;
  return result;
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
