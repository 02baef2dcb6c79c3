/**
 * Decides which nodes are started and which are drained to reach the wanted number. Pure.
 *
 * - An unreachable node does not count: another one is started at once, and if it returns, a surplus node is drained.
 * - A node that ends by itself has crashed. The next one is started after a pause that doubles with each crash; ten minutes without a crash reset it.
 * - An agent where nodes crashed twice is avoided for a minute, and longer after each further crash, up to ten minutes. Its crashes are forgotten when
 *   a node has run there for ten minutes, or after an hour.
 * - A node on an agent with upcoming maintenance is drained before that, and another one is started elsewhere.
 * - Nodes of another version are replaced one by one: the next one is drained when all others have joined the cluster.
 */
import type { Task } from "../scheduler/task.ts";
import { isEnded } from "../scheduler/task.ts";
import { type Choice, constraintsOf, type NodeKind, versionOf } from "./node-task.ts";

export interface Crashes {
  /** The number of crashes in a row, on any agent. */
  readonly count: number;
  /** No node is started before this time. */
  readonly until: number;
  readonly cause: string | undefined;
  /** Crashes by the agent's host name. */
  readonly agents: ReadonlyMap<string, { readonly count: number; readonly at: number }>;
}

export interface Situation {
  /** The tasks of the nodes' group. */
  readonly tasks: readonly Task[];
  readonly crashes: Crashes;
  /** The wanted number of nodes. */
  readonly count: number;
  readonly kind: NodeKind;
  /** Whether the node of a running task has joined the cluster. */
  readonly hasJoined: (task: Task) => boolean;
  /** When the maintenance of an agent begins, in milliseconds since the epoch, if one is planned. */
  readonly maintenanceOf: (agentId: string) => number | undefined;
  /** The present, in milliseconds since the epoch. */
  readonly now: number;
}

export interface Steps {
  readonly start: number;
  readonly drain: readonly string[];
  readonly forget: readonly string[];
  readonly crashes: Crashes;
  /** The host names of agents to avoid. */
  readonly avoided: Choice["avoided"];
}

export const noCrashes: Crashes = { count: 0, until: 0, cause: undefined, agents: new Map() };

/** In milliseconds. */
const pauses = { first: 1_000, longest: 300_000 };
const avoidance = { first: 60_000, longest: 600_000 };
const healthy = 600_000;
/** The milliseconds before an agent's maintenance at which its node is drained, in addition to the node's time to end. */
const drainBefore = 300_000;

export function planNodes({ tasks, crashes: before, count, kind, hasJoined, maintenanceOf, now }: Situation): Steps {
  const ended = tasks.filter(isEnded);
  const crashes = ended.filter(({ state }) => state !== "killed").reduce(noteCrash, forgive(before, tasks, now));
  const avoided = avoidedAgents(crashes, now);
  const alive = tasks.filter(({ state }) => state === "pending" || state === "staging" || state === "running");
  const isCurrent = ({ wanted }: Task) => versionOf(wanted) === kind.version;
  // Tasks that do not run yet are replaced if their version or constraints are out of date; nothing is lost by that.
  const constraints = JSON.stringify(constraintsOf(kind.task, avoided));
  const isOutdated = (task: Task) =>
    (task.state === "pending" && JSON.stringify(task.wanted.constraints) !== constraints) || (task.state !== "running" && !isCurrent(task));
  const isLeaving = ({ placement }: Task) => {
    const start = placement && maintenanceOf(placement.agentId);
    return start !== undefined && start - now < drainBefore + (kind.task.killGrace ?? 0);
  };
  const leaving = alive.filter((task) => isOutdated(task) || (task.state !== "pending" && isLeaving(task)));
  const kept = alive.filter((task) => !leaving.includes(task)).sort(byWorth(isCurrent));
  const surplus = kept.slice(count);
  const settled = tasks.every((task) => isEnded(task) || (task.state === "running" && hasJoined(task)) || task.state === "unreachable");
  const old = kept.filter((task) => !isCurrent(task)).at(-1);
  const replaced = old && settled && kept.length === count ? [old] : [];
  const staying = kept.length - surplus.length;
  return {
    start: now < crashes.until ? 0 : Math.max(0, count - staying),
    drain: [...leaving, ...surplus, ...replaced].map(({ wanted }) => wanted.id),
    forget: ended.map(({ wanted }) => wanted.id),
    crashes,
    avoided,
  };
}

/** The host names of the agents that are avoided now. */
const avoidedAgents = ({ agents }: Crashes, now: number): Choice["avoided"] =>
  [...agents].filter(([, crash]) => now < avoidedUntil(crash)).map(([hostname]) => hostname);

/** Tells people why nodes may be missing after crashes. */
export function describeCrashes(crashes: Crashes, now: number): readonly string[] {
  const wait = Math.ceil((crashes.until - now) / 1000);
  const avoided = avoidedAgents(crashes, now);
  const cause = crashes.cause ?? "";
  return [
    ...(wait > 0 ? [`nodes crashed ${crashes.count} times in a row, the next one is started in ${wait} s: ${cause}`] : []),
    ...(avoided.length > 0 ? [`nodes crashed again and again on ${avoided.join(", ")}, so none is started there for a while`] : []),
  ];
}

/** Sorts nodes by worth: running ones first, then those of this version, then those that have run longest. */
function byWorth(isCurrent: (task: Task) => boolean): (a: Task, b: Task) => number {
  const rank = { running: 0, staging: 1 } as Readonly<Record<string, number>>;
  return (a, b) =>
    (rank[a.state] ?? 2) - (rank[b.state] ?? 2) ||
    Number(isCurrent(b)) - Number(isCurrent(a)) ||
    a.since - b.since ||
    (a.wanted.id < b.wanted.id ? -1 : 1);
}

function noteCrash(crashes: Crashes, task: Task): Crashes {
  const { placement, cause, since } = task;
  const count = crashes.count + 1;
  const agents = new Map(crashes.agents);
  if (placement) agents.set(placement.hostname, { count: (agents.get(placement.hostname)?.count ?? 0) + 1, at: since });
  return { count, until: Math.max(crashes.until, since + doubled(count, pauses)), cause, agents };
}

function forgive(crashes: Crashes, tasks: readonly Task[], now: number): Crashes {
  const isHealthy = ({ state, since }: Task) => state === "running" && now - since >= healthy;
  const hosts = new Set(tasks.filter(isHealthy).map(({ placement }) => placement?.hostname));
  const agents = new Map([...crashes.agents].filter(([hostname, { at }]) => !hosts.has(hostname) && now - at < 6 * avoidance.longest));
  return now - crashes.until > healthy ? { ...noCrashes, agents } : { ...crashes, agents };
}

/** Until when an agent is avoided; not after a single crash, which may be an accident. */
const avoidedUntil = ({ count, at }: { readonly count: number; readonly at: number }): number =>
  count < 2 ? 0 : at + doubled(count - 1, avoidance);

const doubled = (count: number, { first, longest }: { readonly first: number; readonly longest: number }): number =>
  Math.min(longest, first * 2 ** (count - 1));
