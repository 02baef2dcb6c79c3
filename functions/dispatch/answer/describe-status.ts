/** Describes the status of a query for clients. */
import type { Failure } from "../../../coordination/coordinator.ts";
import type { PartialResult } from "../../../engine/histogram/partial.ts";
import { roundTotal } from "../../../engine/histogram/total.ts";
import type { UhiHistogram } from "../../../engine/histogram/uhi.ts";
import { writeSum, writeUhi } from "../../../engine/histogram/write-uhi.ts";
import type { Program } from "../../../engine/program/program.ts";
import type { CanonicalQuery } from "../../../engine/query/query.ts";
import type { Places, StoredPlan, StoredQuery } from "../../../storage/store.ts";
import { isEnded, type Status, type Timing } from "../../api.ts";
import { type FollowedQuery, stateOf } from "../follow/followed-query.ts";
import { countSubtasks, partsOf } from "../plan/plan-query.ts";
import { noPartitions } from "../query-state.ts";
import { isResultNote } from "./timeline.ts";

/** The most failures that a status lists. */
const mostFailures = 100;

/** `hindrances` tell why this server is not ready. */
export function describeStatus(followed: FollowedQuery, hindrances: readonly string[]): Status {
  const { query, plan, programs, progress } = followed;
  const state = stateOf(followed);
  const { id, created } = query;
  const { name, dataset, priority, filter } = query.query;
  const contents = followed.result ?? progress!.read();
  const total = countSubtasks(plan);
  const events = plan.partitions.reduce((sum, { entries }) => sum + entries, 0);
  const describe = (program: number, places: Places, filters: readonly string[]): Described => ({
    events: { total: events, done: contents[program]!.entries },
    ...describeContent(query.query, places, { program: programs[program]!, content: contents[program]!, filters }),
  });
  const counts = progress?.partitions.counts ?? { ...noPartitions, total, done: total };
  const hindrance = hindrances.length === 0 ? undefined : hindrances.join("; ");
  const note = progress?.missingNodes ?? (isEnded({ state }) ? undefined : hindrance);
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
    ...describe(0, query, filter),
    ...(query.rows && { rows: { columns: Object.keys(query.rows), count: contents[0]!.rows!.count, limit: programs[0]!.rows!.limit } }),
    variations: Object.fromEntries(
      Object.entries(query.variations ?? {}).map(([name, variation]) => [
        name,
        describe(variation.program, variation, query.query.variations?.[name]?.filter ?? filter),
      ]),
    ),
    failures: describeFailures(query, plan, progress?.partitions.failures ?? new Map()),
    ...(note !== undefined && { note }),
    ...(query.notices && { notices: query.notices }),
    timing: describeTiming(followed, Math.max(0, lastUpdate - created) / 1000),
    lastUpdate: new Date(lastUpdate).toISOString(),
  };
}

/** The first failures in the order of partitions; `partitions.failed` counts all of them. */
function describeFailures({ variations = {} }: StoredQuery, plan: StoredPlan, failures: ReadonlyMap<number, Failure>): Status["failures"] {
  const places = [...failures.keys()].toSorted((a, b) => a - b).slice(0, mostFailures);
  return places.map((place) => {
    const {
      partition: { index: partition, file },
      program,
    } = partsOf(plan, place);
    const variation = program === 0 ? undefined : Object.entries(variations).find(([, each]) => each.program === program)?.[0];
    return { partition, file, ...(variation !== undefined && { variation }), ...failures.get(place)! };
  });
}

function describeTiming({ query: { created }, progress, note }: FollowedQuery, seconds: number): Timing {
  const submitted = new Date(created).toISOString();
  if (progress) return { submitted, ...progress.timing, seconds };
  return isResultNote(note) ? { submitted, ...note, stored: true } : { submitted, seconds, stored: true };
}

type Described = Status["variations"][string];

function describeContent(
  query: CanonicalQuery,
  { places, totals }: Places,
  { program, content, filters }: { readonly program: Program; readonly content: PartialResult; readonly filters: readonly string[] },
): Omit<Described, "events"> {
  return {
    cutflow: describeCutflow(content, [...(program.weight === undefined ? [] : [null]), ...filters]),
    totals: describeTotals(totals ?? {}, content),
    histograms: describeHistograms(query, places, { program, content }),
  };
}

/** `filters` are those of the program. With weights, the first one is null: it passes and counts all events. */
function describeCutflow({ entries, filters: passed }: PartialResult, filters: readonly (string | null)[]): Status["cutflow"] {
  const lines = filters.map((filter, index) => ({ filter, events: passed[index].events, weight: writeSum(passed[index].weight) }));
  return filters[0] === null ? lines : [{ filter: null, events: entries, weight: entries }, ...lines];
}

function describeTotals(totals: Readonly<Record<string, number>>, content: PartialResult): Status["totals"] {
  return Object.fromEntries(
    Object.entries(totals).map(([name, place]) => {
      const { sum, nonFinite } = content.totals![place];
      return [name, { value: writeSum(roundTotal(sum)), nonFinite }];
    }),
  );
}

function describeHistograms(
  query: CanonicalQuery,
  places: Places["places"],
  { program, content }: { readonly program: Program; readonly content: PartialResult },
): Readonly<Record<string, UhiHistogram>> {
  return Object.fromEntries(
    Object.entries(places).map(([name, place]) => {
      const { label, axes } = query.histograms[name]!;
      const labels = { label, axes: axes.map((axis) => axis.label) };
      return [name, writeUhi(content.histograms[place], program.histograms[place].axes, labels)];
    }),
  );
}
