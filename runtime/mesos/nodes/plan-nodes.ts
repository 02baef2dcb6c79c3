/**
 * Decides which nodes are started and which are drained, so that as many as wanted are there. Pure.
 *
 * - What is unreachable does not count: another one is started at once, and whichever is too many when it returns is drained.
 * - A node that ends by itself has crashed. The next one is started after a pause that doubles with each crash, and an agent where nodes crashed
 *   again is avoided for a while. Ten minutes without a crash end that.
 * - A node on an agent that is about to be taken away is drained before, and another one started elsewhere.
 * - Nodes of another version are replaced one by one: the next is drained when all others are there and compute.
 */
import type { Task } from "../scheduler/task.ts";
import { isEnded } from "../scheduler/task.ts";
import { type Choice, constraintsOf, type NodeKind, versionOf } from "./node-task.ts";

export interface Crashes {
  /** In a row, wherever. */
  readonly count: number;
  /** Nothing is started before. */
  readonly until: number;
  readonly cause: string | undefined;
  /** By hostname. */
  readonly agents: ReadonlyMap<string, { readonly count: number; readonly at: number }>;
}

export interface Situation {
  /** Of the group of nodes. */
  readonly tasks: readonly Task[];
  readonly crashes: Crashes;
  /** How many nodes there should be. */
  readonly count: number;
  readonly kind: NodeKind;
  /** Whether the node of a running task has joined the cluster. */
  readonly hasJoined: (task: Task) => boolean;
  /** When an operator means to take an agent away, in milliseconds since the epoch. */
  readonly maintenanceOf: (agentId: string) => number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Steps {
  readonly start: number;
  readonly drain: readonly string[];
  readonly forget: readonly string[];
  readonly crashes: Crashes;
  /** Hostnames. */
  readonly avoided: Choice["avoided"];
}

export const noCrashes: Crashes = { count: 0, until: 0, cause: undefined, agents: new Map() };

/** Milliseconds. */
const pauses = { first: 1_000, longest: 300_000 };
const avoidance = { first: 60_000, longest: 600_000 };
const healthy = 600_000;
/** Before the maintenance of its agent, beside the time that it has to end. */
const drainBefore = 300_000;

export function planNodes({ tasks, crashes: before, count, kind, hasJoined, maintenanceOf, now }: Situation): Steps {
  const ended = tasks.filter(isEnded);
  const crashes = ended.filter(({ state }) => state !== "killed").reduce(noteCrash, forgive(before, tasks, now));
  const avoided = avoidedAgents(crashes, now);
  const alive = tasks.filter(({ state }) => state === "pending" || state === "staging" || state === "running");
  const isCurrent = ({ wanted }: Task) => versionOf(wanted) === kind.version;
  // Nothing is lost with these, and where they may go is not what it was.
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

/** Hostnames. */
export const avoidedAgents = ({ agents }: Crashes, now: number): Choice["avoided"] =>
  [...agents].filter(([, crash]) => now < avoidedUntil(crash)).map(([hostname]) => hostname);

/** Why nodes may be missing that is not the cluster's fault, for people. */
export function describeCrashes(crashes: Crashes, now: number): readonly string[] {
  const wait = Math.ceil((crashes.until - now) / 1000);
  const avoided = avoidedAgents(crashes, now);
  const cause = crashes.cause ?? "";
  return [
    ...(wait > 0 ? [`nodes crashed ${crashes.count} times in a row, the next one is started in ${wait} s: ${cause}`] : []),
    ...(avoided.length > 0 ? [`nodes crashed again and again on ${avoided.join(", ")}, so none is started there for a while`] : []),
  ];
}

/** Those that are worth keeping come first: what runs, of this version, for long. */
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

/** One crash may be an accident. */
const avoidedUntil = ({ count, at }: { readonly count: number; readonly at: number }): number =>
  count < 2 ? 0 : at + doubled(count - 1, avoidance);

const doubled = (count: number, { first, longest }: { readonly first: number; readonly longest: number }): number =>
  Math.min(longest, first * 2 ** (count - 1));
