/** The interest that clients have in queries, and the znodes of these. */

import { create, createSequential, type Operation, set } from "../protocol/operations.ts";
import { encodeJson } from "../znodes/encoding.ts";
import { hashName, type InterestName, interestPrefix, type Layout, parseInterestName } from "../znodes/layout.ts";
import { logSkip } from "../znodes/skip-log.ts";
import type { ZooKeeper } from "../zookeeper.ts";

/** All interests in a query, first come first. */
export async function readInterests({ session, layout }: ZooKeeper, query: string): Promise<readonly InterestName[]> {
  const names = (await session.list(layout.interest))?.children ?? [];
  return names
    .filter((name) => name.slice(4, 26) === query)
    .map(parseInterestName)
    .filter((interest) => interest !== undefined)
    .sort((a, b) => a.sequence - b.sequence);
}

/** The interests of a listing by query, first come first. Names that are not of their form are logged and left out. */
export function groupInterests({ layout, log }: ZooKeeper, names: readonly string[]): ReadonlyMap<string, readonly InterestName[]> {
  const byQuery = new Map<string, InterestName[]>();
  for (const name of names) {
    const interest = parseInterestName(name);
    if (interest === undefined) logSkip(log, `${layout.interest}/${name}`);
    else byQuery.set(interest.query, [...(byQuery.get(interest.query) ?? []), interest]);
  }
  for (const interests of byQuery.values()) interests.sort((a, b) => a.sequence - b.sequence);
  return byQuery;
}

export function createInterest(
  { layout }: ZooKeeper,
  {
    priority,
    query,
    client,
    dataset,
  }: { readonly priority: number; readonly query: string; readonly client: string; readonly dataset: string },
): Operation {
  return createSequential(`${layout.interest}/${interestPrefix(priority, query, client, dataset)}`);
}

const queryPath = ({ queries }: Layout, queryId: string): string => `${queries}/${hashName(queryId)}`;
const queryBody = (queryId: string): Buffer => encodeJson({ id: queryId });

export const createQuery = (layout: Layout, queryId: string): Operation => create(queryPath(layout, queryId), queryBody(queryId));

/** The query must be there. Whoever is about to clear it away, because nothing of it was left, looks again. */
export const touchQuery = (layout: Layout, queryId: string): Operation => set(queryPath(layout, queryId), queryBody(queryId));
