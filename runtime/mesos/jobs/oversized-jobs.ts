/** Jobs that no agent of the cluster could ever have room for, by what the master says of its agents: said at once, not waited for in silence. */
import { z } from "zod";
import { addNeeds, biggestOf, describeNeed, fits, type Need, needOf, type Room } from "../scheduler/room.ts";
import { executorNeed } from "../scheduler/task-info.ts";
import type { WantedTask } from "../scheduler/wanted-task.ts";

const amounts = z.object({ cpus: z.number().default(0), mem: z.number().default(0), disk: z.number().default(0) });
const answer = z.object({
  slaves: z.array(z.object({ hostname: z.string(), resources: amounts, unreserved_resources: amounts.optional() })),
});

export interface AgentSize {
  readonly hostname: string;
  readonly room: Room;
}

/** Undefined where the master does not tell: some let only operators see it. */
export async function readAgentSizes(master: URL, signal: AbortSignal): Promise<readonly AgentSize[] | undefined> {
  try {
    const response = await fetch(new URL(`${master.pathname.replace(/\/$/, "")}/slaves`, master), {
      signal: AbortSignal.any([signal, AbortSignal.timeout(5_000)]),
    });
    const { slaves } = answer.parse(await response.json());
    return slaves.map(({ hostname, resources, unreserved_resources: free = resources }) => ({ hostname, room: toRoom(free) }));
  } catch {
    return undefined;
  }
}

function toRoom({ cpus, mem, disk }: z.infer<typeof amounts>): Room {
  // Which ports there are is left to the offers.
  return { ...needOf({ cpus, mem, disk }), ports: [{ begin: 0, end: 65_535 }] };
}

/** For people: what is wrong with a job; undefined where some agent is big enough, or none is there to tell. */
export function whyOversized(wanted: WantedTask, agents: readonly AgentSize[]): string | undefined {
  if (agents.length === 0) return undefined;
  const need = addNeeds(needOf(wanted.resources), executorNeed(wanted));
  if (agents.some(({ room }) => fits(need, room))) return undefined;
  const biggest = biggestOf(agents);
  const size: Need = { ...biggest.room, disk: need.disk > 0 ? biggest.room.disk : 0, ports: 0 };
  return `no agent has ${describeNeed(need)}; the biggest, ${biggest.hostname}, has ${describeNeed(size)}. It waits until there is one`;
}
