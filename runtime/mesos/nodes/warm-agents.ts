/**
 * Remembers on which agents nodes lately read which data, as an agent's disk may still have it in caches or copies. New nodes prefer agents that have read
 * what is asked now. Kept by agent, not by node, since the memory of a new node is empty. Pure.
 */
import type { Demand } from "../../../coordination/coordinator.ts";

/** By agent, then by what was read (dataset and columns), when it was last read, in milliseconds since the epoch. */
export type WarmAgents = ReadonlyMap<string, ReadonlyMap<string, number>>;

type Asked = Pick<Demand, "dataset" | "columns" | "unowned" | "owned">;

const hour = 3_600_000;
const mostRead = 200;

/** `busy` holds the ids of agents on which a node computes now. */
export function noteBusy(warm: WarmAgents, busy: ReadonlySet<string>, demand: readonly Asked[], now: number): WarmAgents {
  const read = demand.filter(({ owned }) => owned > 0).map(keyOf);
  const next = new Map<string, ReadonlyMap<string, number>>();
  for (const agent of new Set([...warm.keys(), ...busy])) {
    const kept = [...(warm.get(agent) ?? [])].filter(([key, at]) => now - at < hour && !(busy.has(agent) && read.includes(key)));
    const all = busy.has(agent) ? [...kept, ...read.map((key) => [key, now] as const)] : kept;
    if (all.length > 0) next.set(agent, new Map(all.slice(-mostRead)));
  }
  return next;
}

/** The ids of agents; those that have read more of what is asked now come first. */
export function rankAgents(warm: WarmAgents, demand: readonly Asked[]): readonly string[] {
  const scoreOf = (read: ReadonlyMap<string, number>) =>
    demand.reduce((sum, each) => (read.has(keyOf(each)) ? sum + each.unowned + each.owned : sum), 0);
  return [...warm]
    .map(([agent, read]) => ({ agent, score: scoreOf(read) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ agent }) => agent);
}

const keyOf = ({ dataset, columns }: Asked): string => JSON.stringify([dataset, ...columns]);
