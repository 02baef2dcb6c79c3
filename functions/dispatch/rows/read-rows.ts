/**
 * Reads the rows of an ended query in the order of its dataset, from the partials of its partitions one after another, up to the limit. Each event comes once,
 * in whatever order partitions were computed. Memory: a few partials at a time; no more are read before the client takes them.
 */
import { decodePartial } from "../../../engine/histogram/partial.ts";
import { largestRows, type PartialRows } from "../../../engine/rows/rows.ts";
import { programsOf, type Store } from "../../../storage/store.ts";
import { HttpProblem } from "../../http/problem.ts";
import type { FollowedQuery } from "../follow/followed-query.ts";
import { subtaskOf } from "../plan/plan-query.ts";

/** The approximate bytes of partials that are read at a time. */
const mostBytes = 4_000_000;
const mostAtATime = 64;

/** The approximate most bytes in memory for one reader: those of the partials that are read together, and the same again while they are decoded. */
export function bytesHeld({ plan: { partitions }, programs: [program] }: Pick<FollowedQuery, "plan" | "programs">): number {
  const { columns, limit } = program!.rows!;
  const each = partitions.map(({ entries }) => largestRows({ columns, limit: Math.min(limit, entries) }));
  const largest = each.reduce((most, bytes) => Math.max(most, bytes), 0);
  const all = each.reduce((sum, bytes) => sum + bytes, 0);
  return 2 * Math.max(largest, Math.min(mostBytes, all));
}

/** Yields the rows; failed partitions have none. Throws `HttpProblem` if the store has lost partials meanwhile. */
export async function* readRows(
  { plan, programs, progress }: FollowedQuery,
  store: Pick<Store, "getPartials">,
): AsyncGenerator<PartialRows> {
  const { length } = programsOf(plan);
  const places = plan.partitions.map((_, index) => index * length).filter((place) => !progress?.partitions.failures.has(place));
  let left = programs[0]!.rows!.limit;
  let largest = mostBytes;
  for (let next = 0; next < places.length && left > 0; ) {
    const batch = places.slice(next, next + Math.max(1, Math.min(mostAtATime, Math.floor(mostBytes / largest))));
    next += batch.length;
    const keys = batch.map((place) => subtaskOf(plan, place).key);
    const bodies = await store.getPartials(keys);
    largest = Math.max(1, ...[...bodies.values()].map(({ bytes }) => bytes.length));
    for (const key of keys) {
      const body = bodies.get(key);
      if (!body) throw new HttpProblem(409, "rows-gone", "The store has not kept all rows of the query: POST it again.");
      const { rows } = await decodePartial(body.bytes);
      const taken = firstRows(rows!, left);
      left -= taken.count;
      if (taken.count > 0) yield taken;
      if (left === 0) return;
    }
  }
}

function firstRows(rows: PartialRows, most: number): PartialRows {
  if (rows.count <= most) return rows;
  const columns = rows.columns.map(({ values, present, ...column }) => ({
    ...column,
    values: values.subarray(0, most),
    ...(present && { present: present.subarray(0, most) }),
  }));
  return { count: most, columns };
}
