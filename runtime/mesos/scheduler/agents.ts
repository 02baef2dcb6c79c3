/**
 * What offers and failures have told of the agents. In memory only: offers tell it again.
 *
 * An agent where launches fail three times in a row is avoided for a while, longer each time, but never more than half of the agents: where all fail,
 * the tasks are to blame.
 */
import { type Backoff, pauseAfter } from "../../../base/retry.ts";
import type { Attribute, InverseOffer, Offer, Unavailability } from "../protocol/shapes.ts";
import { type Room, roomOf } from "./room.ts";

export interface Agent {
  hostname: string;
  attributes: readonly Attribute[];
  /** What was last offered. */
  room: Room;
  /** Milliseconds since the epoch, as all times here. */
  offered: number;
  failuresInARow: number;
  avoidances: number;
  avoidedUntil: number;
  /** When an operator means to take it away. */
  maintenance?: number | undefined;
  inverseOffer?: string | undefined;
}

export type Agents = Map<string, Agent>;

const failuresUntilAvoided = 3;
const forgottenAfter = 24 * 3_600_000;

export function learnOffer(agents: Agents, offer: Offer, now: number): Agent {
  const { agentId, hostname, attributes, unavailability } = offer;
  const known = agents.get(agentId) ?? { failuresInARow: 0, avoidances: 0, avoidedUntil: 0 };
  const maintenance = unavailability ? startOf(unavailability) : undefined;
  const agent: Agent = Object.assign(known, { hostname, attributes, room: roomOf(offer), offered: now, maintenance });
  agents.set(agentId, agent);
  return agent;
}

export const startOf = ({ start }: Unavailability): number => Number(start / 1_000_000n);

export function learnInverseOffer(agents: Agents, { id, agentId, unavailability }: InverseOffer): void {
  const agent = agentId === undefined ? undefined : agents.get(agentId);
  if (agent) Object.assign(agent, { maintenance: startOf(unavailability), inverseOffer: id });
}

export function countFailure(agents: Agents, agentId: string, { now, backoff }: { readonly now: number; readonly backoff: Backoff }): void {
  const agent = agents.get(agentId);
  if (agent === undefined || ++agent.failuresInARow < failuresUntilAvoided) return;
  const avoided = [...agents.values()].filter((each) => each.avoidedUntil > now).length;
  if ((avoided + 1) * 2 > agents.size) return;
  agent.failuresInARow = 0;
  agent.avoidedUntil = now + pauseAfter(++agent.avoidances, backoff);
}

export function countSuccess(agents: Agents, agentId: string): void {
  const agent = agents.get(agentId);
  if (agent) Object.assign(agent, { failuresInARow: 0, avoidances: 0, avoidedUntil: 0 });
}

/** Agents come back under new ids; those of old are not kept for ever. */
export function forgetAgents(agents: Agents, now: number): void {
  for (const [id, { offered }] of agents) if (offered < now - forgottenAfter) agents.delete(id);
}

/** Why nothing new is launched on an agent now; undefined where it may be. `margin`: how long before its maintenance. */
export function whyShunned(agent: Agent, { now, margin }: { readonly now: number; readonly margin: number }): string | undefined {
  if (agent.avoidedUntil > now) return `${agent.hostname} is avoided, since tasks failed there again and again`;
  if (agent.maintenance !== undefined && agent.maintenance - margin < now) return `${agent.hostname} is to be taken away for maintenance`;
  return undefined;
}
