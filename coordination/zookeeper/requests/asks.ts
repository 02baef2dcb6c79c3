/** Who asks for which query. */

import type { SessionContext } from "../context.ts";
import { create, createSequential, type Operation, set } from "../protocol/operations.ts";
import { encodeJson } from "../znodes/bodies.ts";
import { type AskName, askPrefix, hashName, type Layout, parseAskName } from "../znodes/layout.ts";
import { logSkip } from "../znodes/skip-log.ts";

/** All of a query, first come first. */
export async function readAsks({ session, layout }: SessionContext, query: string): Promise<readonly AskName[]> {
  const names = (await session.list(layout.asks))?.children ?? [];
  return names
    .filter((name) => name.slice(4, 26) === query)
    .map(parseAskName)
    .filter((ask) => ask !== undefined)
    .sort((a, b) => a.sequence - b.sequence);
}

/** Of a listing, by query, first come first. What is no ask is logged and left out. */
export function groupAsks({ layout, log }: SessionContext, names: readonly string[]): ReadonlyMap<string, readonly AskName[]> {
  const byQuery = new Map<string, AskName[]>();
  for (const name of names) {
    const ask = parseAskName(name);
    if (ask === undefined) logSkip(log, `${layout.asks}/${name}`);
    else byQuery.set(ask.query, [...(byQuery.get(ask.query) ?? []), ask]);
  }
  for (const asks of byQuery.values()) asks.sort((a, b) => a.sequence - b.sequence);
  return byQuery;
}

export function createAsk(
  { layout }: SessionContext,
  {
    priority,
    query,
    client,
    dataset,
  }: { readonly priority: number; readonly query: string; readonly client: string; readonly dataset: string },
): Operation {
  return createSequential(`${layout.asks}/${askPrefix(priority, query, client, dataset)}`);
}

const queryPath = ({ queries }: Layout, queryId: string): string => `${queries}/${hashName(queryId)}`;
const queryBody = (queryId: string): Buffer => encodeJson({ id: queryId });

export const createQuery = (layout: Layout, queryId: string): Operation => create(queryPath(layout, queryId), queryBody(queryId));

/** The query must be there. Whoever is about to clear it away, because nothing of it was left, looks again. */
export const touchQuery = (layout: Layout, queryId: string): Operation => set(queryPath(layout, queryId), queryBody(queryId));
