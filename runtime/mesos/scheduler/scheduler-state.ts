/**
 * All that a scheduler knows. `step` changes it in place, for there may be many thousands of tasks; nothing but the state, the event and the time
 * decides what comes of it.
 */
import type { Backoff } from "../../../base/retry.ts";
import type { SchedulerCall } from "../protocol/calls.ts";
import type { Agents, Maintenance } from "./agents.ts";
import type { SchedulerNews } from "./scheduler.ts";
import { isEnded, type Task } from "./task.ts";

/** In milliseconds where nothing else is said. */
export interface SchedulerTimes {
  /** A launch of which nothing is heard for so long is asked about. */
  readonly launchPatience: number;
  /** A task that the master does not know, nor its agent, counts as gone after so long. */
  readonly unknownPatience: number;
  /** How often everything is compared with what the master knows. */
  readonly reconcileEvery: number;
  readonly reconcile: Backoff;
  readonly killAgain: Backoff;
  readonly relaunch: Backoff;
  readonly avoidAgent: Backoff;
  /** Nothing new is launched on an agent that is to be taken away so soon. */
  readonly maintenanceMargin: number;
  /** An agent that was to be taken away stays, where no inverse offer has said so again for so long. */
  readonly maintenanceUnheard: number;
  /** A launch that ran for so long was none that came to nothing. */
  readonly longRun: number;
  readonly betweenRevives: number;
  /** How long an agent is not offered again where nothing fits it, and where nothing waits, in seconds. */
  readonly refuseSeconds: number;
  readonly refuseSecondsIdle: number;
}

const minute = 60_000;

export const usualTimes: SchedulerTimes = {
  launchPatience: minute,
  unknownPatience: 15 * minute,
  reconcileEvery: 15 * minute,
  reconcile: { first: 2_000, longest: 2 * minute },
  killAgain: { first: 10_000, longest: 2 * minute },
  relaunch: { first: 1_000, longest: 5 * minute },
  avoidAgent: { first: minute, longest: 15 * minute },
  maintenanceMargin: 60 * minute,
  maintenanceUnheard: minute,
  longRun: minute,
  betweenRevives: 1_000,
  refuseSeconds: 5,
  refuseSecondsIdle: 600,
};

export interface SchedulerState {
  readonly times: SchedulerTimes;
  readonly tasks: Map<string, Task>;
  /** Ids of the tasks that wait for an offer or a pause, first come first; and of those that were launched and have not ended. */
  readonly pending: Set<string>;
  readonly live: Set<string>;
  readonly agents: Agents;
  readonly maintenance: Maintenance;
  /** Why there is no subscription; undefined while there is one. */
  disconnected: string | undefined;
  /** When Mesos last said something of a live task. */
  readonly heard: Map<string, number>;
  readonly unknownSince: Map<string, number>;
  /** Tasks whose end was asked for. */
  readonly kills: Map<string, { next: number; tries: number; readonly grace: number | undefined }>;
  /** Tasks that the master was asked about, and has not answered. */
  readonly asked: Set<string>;
  nextAsk: number;
  asks: number;
  nextReconciliation: number;
  /** No offers come, as we wanted. */
  suppressed: boolean;
  /** Tasks became ready since the master last heard that we want offers. */
  wantsRevive: boolean;
  lastRevive: number;
  lastTick: number;
}

/** What a step wants done, in this order: records first, and only when they are durable the calls and the news. */
export interface Effects {
  readonly records: RecordChange[];
  readonly calls: Exclude<SchedulerCall, { kind: "subscribe" }>[];
  readonly news: SchedulerNews[];
}

export type RecordChange = { readonly kind: "put"; readonly task: Task } | { readonly kind: "remove"; readonly id: string };

/** With the tasks that the record has. Those that were launched are asked about once there is a subscription. */
export function createState(recorded: Iterable<Task>, times: SchedulerTimes = usualTimes): SchedulerState {
  const state: SchedulerState = {
    times,
    tasks: new Map(),
    pending: new Set(),
    live: new Set(),
    agents: new Map(),
    maintenance: new Map(),
    disconnected: "not connected yet",
    heard: new Map(),
    unknownSince: new Map(),
    kills: new Map(),
    asked: new Set(),
    nextAsk: 0,
    asks: 0,
    nextReconciliation: 0,
    suppressed: false,
    wantsRevive: false,
    lastRevive: 0,
    lastTick: 0,
  };
  for (const task of recorded) {
    index(state, task);
    if (task.state === "killing") state.kills.set(task.wanted.id, { next: 0, tries: 0, grace: undefined });
  }
  return state;
}

/** Everybody who changes a task does it here. */
export function setTask(state: SchedulerState, task: Task, effects: Effects, data?: Uint8Array): void {
  index(state, task);
  effects.records.push({ kind: "put", task });
  effects.news.push({ kind: "task", task, ...(data && { data }) });
}

function index(state: SchedulerState, task: Task): void {
  const { id } = task.wanted;
  state.tasks.set(id, task);
  const isPending = task.state === "pending";
  if (!isPending) state.pending.delete(id);
  else if (!state.pending.has(id)) state.pending.add(id);
  if (!isPending && !isEnded(task)) state.live.add(id);
  else {
    for (const each of [state.live, state.heard, state.unknownSince, state.kills, state.asked]) each.delete(id);
  }
}

export const isReady = (task: Task, now: number): boolean => task.notBefore === undefined || task.notBefore <= now;

export function* readyTasks(state: SchedulerState, now: number): Generator<Task> {
  for (const id of state.pending) {
    const task = state.tasks.get(id)!;
    if (isReady(task, now)) yield task;
  }
}

export function* liveTasks(state: SchedulerState): Generator<Task> {
  for (const id of state.live) yield state.tasks.get(id)!;
}
