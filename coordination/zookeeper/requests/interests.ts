/** Reads and renews the interests of clients in queries, and creates the znodes of interests and queries. */

import { create, createSequential, type Operation, set } from "../protocol/operations.ts";
import { isRefused } from "../protocol/zookeeper-error.ts";
import { encodeJson } from "../znodes/encoding.ts";
import { hashName, type InterestName, interestPrefix, type Layout, parseInterestName } from "../znodes/layout.ts";
import { logSkip } from "../znodes/skip-log.ts";
import type { ZooKeeper } from "../zookeeper.ts";

/** The interests by query, for each query in the order in which they came. */
export type Interests = ReadonlyMap<string, readonly InterestName[]>;

/** Reads all interests. */
export async function listInterests(zookeeper: ZooKeeper): Promise<Interests> {
  const listing = await zookeeper.session.list(zookeeper.layout.interest);
  return groupInterests(zookeeper, listing?.children ?? []);
}

/** Groups the interests in a listing. Malformed names are logged and left out. */
export function groupInterests({ layout, log }: ZooKeeper, names: readonly string[]): Interests {
  const byQuery = new Map<string, InterestName[]>();
  for (const name of names) {
    const interest = parseInterestName(name);
    if (interest === undefined) {
      logSkip(log, `${layout.interest}/${name}`);
      continue;
    }
    const interests = byQuery.get(interest.query);
    if (interests) interests.push(interest);
    else byQuery.set(interest.query, [interest]);
  }
  for (const interests of byQuery.values()) interests.sort((a, b) => a.sequence - b.sequence);
  return byQuery;
}

/** Reads the interests in a query, in the order in which they came. */
export async function readInterests({ session, layout }: ZooKeeper, query: string): Promise<readonly InterestName[]> {
  const names = (await session.list(layout.interest))?.children ?? [];
  return names
    .filter((name) => name.slice(4, 26) === query)
    .map(parseInterestName)
    .filter((interest) => interest !== undefined)
    .sort((a, b) => a.sequence - b.sequence);
}

/**
 * Renews a holder's interest in a query: the modification time of its znode, by the server's clock, tells when it was last shown. Returns false if the holder
 * has none; it never creates one. `query` and `holder` are hashed.
 */
export async function renewInterest(zookeeper: ZooKeeper, query: string, holder: string): Promise<boolean> {
  const { session, layout } = zookeeper;
  for (;;) {
    const own = (await readInterests(zookeeper, query)).filter((interest) => interest.holder === holder);
    if (own.length === 0) return false;
    try {
      await session.commit(own.map(({ name }) => set(`${layout.interest}/${name}`, Buffer.alloc(0))));
      return true;
    } catch (error) {
      // The interest ended or was replaced in this moment.
      if (!isRefused(error, "no-node")) throw error;
    }
  }
}

export const createInterest = (
  { interest }: Layout,
  about: Pick<InterestName, "priority" | "query" | "holder">,
  dataset: string,
): Operation => createSequential(`${interest}/${interestPrefix(about, dataset)}`);

const queryPath = ({ queries }: Layout, queryId: string): string => `${queries}/${hashName(queryId)}`;
const queryBody = (queryId: string): Buffer => encodeJson({ id: queryId });

export const createQuery = (layout: Layout, queryId: string): Operation => create(queryPath(layout, queryId), queryBody(queryId));

/** Changes the query's znode, which must exist, so that a process that is about to clear the query is refused and looks again. */
export const touchQuery = (layout: Layout, queryId: string): Operation => set(queryPath(layout, queryId), queryBody(queryId));
