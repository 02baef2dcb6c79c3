/** What a client is told of a query. */
import type { Failure } from "../../../coordination/coordinator.ts";
import type { PartialResult } from "../../../engine/histogram/partial.ts";
import { roundTotal } from "../../../engine/histogram/total.ts";
import type { UhiHistogram } from "../../../engine/histogram/uhi.ts";
import { writeSum, writeUhi } from "../../../engine/histogram/write-uhi.ts";
import type { Program } from "../../../engine/program/program.ts";
import type { StoredPlan, StoredQuery } from "../../../storage/store.ts";
import { isEnded, type Status, type Timing } from "../../api.ts";
import { type FollowedQuery, stateOf } from "../follow/followed-query.ts";
import { noPartitions } from "../query-state.ts";
import { isResultNote } from "./timeline.ts";

/** Failures that a status lists. */
const mostFailures = 100;

/** `hindrances`: why this server is not ready. */
export function describeStatus(followed: FollowedQuery, hindrances: readonly string[]): Status {
  const { query, plan, program, progress } = followed;
  const state = stateOf(followed);
  const { id, created } = query;
  const { name, dataset, priority, filter } = query.query;
  const content = followed.result ?? progress!.read();
  const total = plan.partitions.length;
  const counts = progress?.partitions.counts ?? { ...noPartitions, total, done: total };
  const note = progress?.lacksNodes ? "no nodes" : isEnded({ state }) || hindrances.length === 0 ? undefined : hindrances.join("; ");
  const lastUpdate = progress?.lastUpdate ?? created;
  return {
    id,
    ...(name === undefined ? {} : { name }),
    state,
    dataset,
    priority,
    partitions: {
      total,
      waiting: state === "cancelled" ? counts.waiting : counts.waiting + counts.absent,
      loading: counts.loading,
      running: counts.running + counts.merging,
      done: counts.done,
      failed: counts.failed,
    },
    events: { total: plan.partitions.reduce((sum, { entries }) => sum + entries, 0), done: content.entries },
    cutflow: filter.map((filter, index) => ({
      filter,
      events: content.filters[index].events,
      weight: writeSum(content.filters[index].weight),
    })),
    totals: describeTotals(query, content),
    histograms: describeHistograms(query, program, content),
    failures: describeFailures(plan, progress?.partitions.failures ?? new Map()),
    ...(note !== undefined && { note }),
    timing: describeTiming(followed, Math.max(0, lastUpdate - created) / 1000),
    lastUpdate: new Date(lastUpdate).toISOString(),
  };
}

/** The first ones in the order of partitions; `partitions.failed` says how many there are in all. */
function describeFailures({ partitions }: StoredPlan, failures: ReadonlyMap<number, Failure>): Status["failures"] {
  const places = [...failures.keys()].toSorted((a, b) => a - b).slice(0, mostFailures);
  return places.map((place) => {
    const { index: partition, file } = partitions[place];
    return { partition, file, ...failures.get(place)! };
  });
}

function describeTiming({ query: { created }, progress, note }: FollowedQuery, seconds: number): Timing {
  const submitted = new Date(created).toISOString();
  if (progress) return { submitted, ...progress.timing, seconds };
  return isResultNote(note) ? { submitted, ...note, stored: true } : { submitted, seconds, stored: true };
}

function describeTotals({ totals = {} }: StoredQuery, content: PartialResult): Status["totals"] {
  return Object.fromEntries(
    Object.entries(totals).map(([name, place]) => {
      const { sum, nonFinite } = content.totals![place];
      return [name, { value: writeSum(roundTotal(sum)), nonFinite }];
    }),
  );
}

function describeHistograms(
  { query, places }: StoredQuery,
  program: Program,
  content: PartialResult,
): Readonly<Record<string, UhiHistogram>> {
  return Object.fromEntries(
    Object.entries(places).map(([name, place]) => {
      const { label, axes } = query.histograms[name]!;
      const labels = { label, axes: axes.map((axis) => axis.label) };
      return [name, writeUhi(content.histograms[place], program.histograms[place].axes, labels)];
    }),
  );
}
