/** Who asks for which query. */
import type { SessionContext } from "./context.ts";
import { type AskName, askPrefix, parseAskName } from "./layout.ts";
import { createSequential, type Operation } from "./operations.ts";

/** All of a query, first come first. */
export async function readAsks({ session, layout }: SessionContext, query: string): Promise<readonly AskName[]> {
  const names = (await session.list(layout.asks))?.children ?? [];
  return names
    .filter((name) => name.slice(4, 26) === query)
    .map(parseAskName)
    .filter((ask) => ask !== undefined)
    .sort((a, b) => a.sequence - b.sequence);
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
