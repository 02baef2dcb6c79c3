/**
 * The state of a scheduler. `step` changes it in place, since there may be many thousands of tasks. Its decisions depend only on the state, the event and
 * the time.
 */
import type { Backoff } from "../../../base/retry.ts";
import type { SchedulerCall } from "../protocol/calls.ts";
import type { Agents, Maintenance } from "./agents.ts";
import type { SchedulerNews } from "./scheduler.ts";
import { isEnded, type Task } from "./task.ts";

/** The scheduler's times, in milliseconds unless stated otherwise. */
export interface SchedulerTimes {
  /** After this long without news, the master is asked about a launch. */
  readonly launchPatience: number;
  /** After this long, a task counts as gone if neither the master nor its agent knows it. */
  readonly unknownPatience: number;
  /** The interval of comparing all tasks with the master's. */
  readonly reconcileEvery: number;
  readonly reconcile: Backoff;
  readonly killAgain: Backoff;
  readonly relaunch: Backoff;
  readonly avoidAgent: Backoff;
  /** Nothing is launched on an agent this long before its maintenance. */
  readonly maintenanceMargin: number;
  /** After this long without a new inverse offer, an agent's maintenance counts as cancelled. */
  readonly maintenanceUnheard: number;
  /** A launch that ran for this long resets the count of setbacks. */
  readonly longRun: number;
  readonly betweenRevives: number;
  /** In seconds: how long a declined agent is not offered again if no task fits it, and if no task waits. */
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
  /** The ids of tasks that wait for an offer or a pause, in order of arrival, and of those that were launched and have not ended. */
  readonly pending: Set<string>;
  readonly live: Set<string>;
  readonly agents: Agents;
  readonly maintenance: Maintenance;
  /** Why there is no subscription; undefined while there is one. */
  disconnected: string | undefined;
  /** When Mesos last reported on each live task. */
  readonly heard: Map<string, number>;
  readonly unknownSince: Map<string, number>;
  /** The tasks that are being killed. */
  readonly kills: Map<string, { next: number; tries: number; readonly grace: number | undefined }>;
  /** The tasks that the master was asked about without an answer yet. */
  readonly asked: Set<string>;
  nextAsk: number;
  asks: number;
  nextReconciliation: number;
  /** Whether offers are suppressed at our request. */
  suppressed: boolean;
  /** Whether tasks became ready since offers were last requested. */
  wantsRevive: boolean;
  lastRevive: number;
  lastTick: number;
}

/** The decisions of a step, to be carried out in this order: first the records and, when they are durable, the calls and the news. */
export interface Effects {
  readonly records: RecordChange[];
  readonly calls: Exclude<SchedulerCall, { kind: "subscribe" }>[];
  readonly news: SchedulerNews[];
}

export type RecordChange = { readonly kind: "put"; readonly task: Task } | { readonly kind: "remove"; readonly id: string };

/** The initial state, with the recorded tasks. The master is asked about launched ones after subscribing. */
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

/** Changes a task. All changes of tasks go through here. */
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

const isReady = (task: Task, now: number): boolean => task.notBefore === undefined || task.notBefore <= now;

export function* readyTasks(state: SchedulerState, now: number): Generator<Task> {
  for (const id of state.pending) {
    const task = state.tasks.get(id)!;
    if (isReady(task, now)) yield task;
  }
}

export function* liveTasks(state: SchedulerState): Generator<Task> {
  for (const id of state.live) yield state.tasks.get(id)!;
}
