/** Returns "no nodes" and, if something starts nodes on demand, its progress; undefined if there are nodes. */
import type { Coordinator } from "../../coordination/coordinator.ts";

export async function describeMissingNodes(coordinator: Coordinator): Promise<string | undefined> {
  if ((await coordinator.nodes()).length > 0) return undefined;
  const supply = await coordinator.supply();
  if (supply === undefined) return "no nodes";
  if (supply.missing.length > 0) return `no nodes: ${supply.missing[0]}`;
  return supply.wanted > 0 ? "no nodes: one is being started" : "no nodes: one will be started";
}
