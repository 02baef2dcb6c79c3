/** Tells people why a pending task is not launched: "no offer with 2 cpus and 4096 MB; the biggest had 1 cpus and 2048 MB". */
import { whyShunned } from "./agents.ts";
import { describeConstraint, meets } from "./constraints.ts";
import { addNeeds, biggestOf, describeNeed, describeRoom, fits, needOf } from "./room.ts";
import type { SchedulerState } from "./scheduler-state.ts";
import type { Task } from "./task.ts";
import { executorNeed } from "./task-info.ts";

export function whyPending(state: SchedulerState, id: string, now: number): string | undefined {
  const task = state.tasks.get(id);
  if (task?.state !== "pending") return undefined;
  const why = whyWaiting(state, task, now);
  return task.cause === undefined ? why : `${why}, after: ${task.cause}`;
}

function whyWaiting(state: SchedulerState, { notBefore, wanted }: Task, now: number): string {
  if (state.disconnected !== undefined) return `no connection with a master: ${state.disconnected}`;
  if (notBefore !== undefined && notBefore > now) return `next launch in ${Math.ceil((notBefore - now) / 1000)} s`;
  const need = addNeeds(needOf(wanted.resources), executorNeed(wanted));
  const leaves = new Map([...state.maintenance].map(([id, { start }]) => [state.agents.get(id), start]));
  const agents = [...state.agents.values()];
  if (agents.length === 0) return `no offer yet; it needs ${describeNeed(need)}`;
  const unmet = (wanted.constraints ?? []).find((each) => !agents.some((agent) => meets(agent, each, () => 0)));
  if (unmet) return `no offer from an agent of which ${describeConstraint(unmet)}`;
  const allowed = agents.filter((agent) => (wanted.constraints ?? []).every((each) => meets(agent, each, () => 0)));
  if (allowed.length === 0) return "no offer from an agent that meets all constraints";
  const roomy = allowed.filter(({ room }) => fits(need, room));
  if (roomy.length === 0) return `no offer with ${describeNeed(need)}; the biggest had ${describeRoom(biggestOf(allowed).room, need)}`;
  const shunned = roomy.map((agent) => whyShunned(agent, { now, margin: state.times.maintenanceMargin, leaves: leaves.get(agent) }));
  const [first] = shunned;
  if (first !== undefined && shunned.every((reason) => reason !== undefined)) return first;
  return wanted.constraints?.some((each) => "most" in each)
    ? "as many of its group as may be run where it would fit"
    : `waiting for an offer with ${describeNeed(need)}`;
}
