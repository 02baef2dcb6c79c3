/**
 * What is known of the agents from offers and failures. In memory only, since new offers tell it again.
 *
 * An agent where launches fail three times in a row is avoided for a while, longer each time. At most half of the agents are avoided: if launches fail
 * on all, the tasks are to blame.
 */
import { type Backoff, pauseAfter } from "../../../base/retry.ts";
import type { Attribute, InverseOffer, Offer, Unavailability } from "../protocol/shapes.ts";
import { type Room, roomOf } from "./room.ts";

export interface Agent {
  hostname: string;
  attributes: readonly Attribute[];
  /** The resources of its last offer. */
  room: Room;
  /** When it was last offered; all times here are in milliseconds since the epoch. */
  offered: number;
  failuresInARow: number;
  avoidances: number;
  avoidedUntil: number;
}

export type Agents = Map<string, Agent>;

/**
 * The planned maintenance of agents, by agent id. For agents with running tasks, inverse offers announce it, and again some seconds after each was accepted.
 * A cancelled maintenance is not announced: the inverse offers stop, and the agent's next offer, if any, no longer states it.
 */
export type Maintenance = Map<string, { readonly start: number; readonly inverseOffer?: { readonly id: string; readonly heard: number } }>;

const failuresUntilAvoided = 3;
const forgottenAfter = 24 * 3_600_000;

export function learnOffer(agents: Agents, maintenance: Maintenance, offer: Offer, now: number): Agent {
  const { agentId, hostname, attributes, unavailability } = offer;
  const known = agents.get(agentId) ?? { failuresInARow: 0, avoidances: 0, avoidedUntil: 0 };
  const agent: Agent = Object.assign(known, { hostname, attributes, room: roomOf(offer), offered: now });
  if (unavailability) maintenance.set(agentId, { ...maintenance.get(agentId), start: startOf(unavailability) });
  else maintenance.delete(agentId);
  agents.set(agentId, agent);
  return agent;
}

const startOf = ({ start }: Unavailability): number => Number(start / 1_000_000n);

export function learnInverseOffer(maintenance: Maintenance, { id, agentId, unavailability }: InverseOffer, now: number): void {
  if (agentId !== undefined) maintenance.set(agentId, { start: startOf(unavailability), inverseOffer: { id, heard: now } });
}

export function forgetInverseOffer(maintenance: Maintenance, id: string): void {
  for (const [agentId, { inverseOffer }] of maintenance) if (inverseOffer?.id === id) maintenance.delete(agentId);
}

/** Forgets the maintenance of agents whose last inverse offer came before `since`. */
export function forgetUnrepeated(maintenance: Maintenance, since: number): void {
  for (const [agentId, { inverseOffer }] of maintenance) if (inverseOffer && inverseOffer.heard < since) maintenance.delete(agentId);
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

/** Forgets agents that were not offered for long, since agents may return with new ids. */
export function forgetAgents(agents: Agents, now: number): void {
  for (const [id, { offered }] of agents) if (offered < now - forgottenAfter) agents.delete(id);
}

/** Why nothing may be launched on an agent now, if so. `leaves` is the beginning of its maintenance; `margin` is how long before that it is shunned. */
export function whyShunned(
  agent: Agent,
  { now, margin, leaves }: { readonly now: number; readonly margin: number; readonly leaves: number | undefined },
): string | undefined {
  if (agent.avoidedUntil > now) return `${agent.hostname} is avoided, since tasks failed there again and again`;
  if (leaves !== undefined && leaves - margin < now) return `${agent.hostname} is to be taken away for maintenance`;
  return undefined;
}
