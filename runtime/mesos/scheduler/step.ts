/**
 * The scheduler's decisions. It takes an event and returns the records, calls and news that follow. It has no side effects but on the state, and no clock.
 *
 * Each offer is answered in the step in which it arrives, so that none becomes void while we hold it.
 */
import { pauseAfter } from "../../../base/retry.ts";
import type { Disconnected } from "../protocol/connection.ts";
import type { SchedulerEvent } from "../protocol/events.ts";
import type { Offer } from "../protocol/shapes.ts";
import { forgetAgents, forgetInverseOffer, forgetUnrepeated, learnInverseOffer, learnOffer, whyShunned } from "./agents.ts";
import { applyStatus, giveUpUnknown } from "./apply-status.ts";
import { placeTasks } from "./place-tasks.ts";
import { type Effects, liveTasks, readyTasks, type SchedulerState, setTask } from "./scheduler-state.ts";
import { isEnded, type Task } from "./task.ts";
import { toNanoseconds, toTaskInfo } from "./task-info.ts";
import type { WantedTask } from "./wanted-task.ts";

export type Happening =
  | SchedulerEvent
  | Disconnected
  | { readonly kind: "want"; readonly tasks: readonly WantedTask[] }
  | { readonly kind: "unwant"; readonly ids: readonly string[]; readonly grace?: number }
  | { readonly kind: "forget"; readonly ids: readonly string[] }
  /** Must come about every second, for everything that depends on time. */
  | { readonly kind: "tick" };

/** The seconds until Mesos repeats an accepted inverse offer. */
const inverseRefuseSeconds = 10;

export function step(state: SchedulerState, event: Happening, now: number): Effects {
  const effects: Effects = { records: [], calls: [], news: [] };
  handle(state, event, effects, now);
  askForOffers(state, effects, now);
  return effects;
}

function handle(state: SchedulerState, event: Happening, effects: Effects, now: number): void {
  switch (event.kind) {
    case "subscribed":
      beginSubscription(state, effects, now);
      break;
    case "disconnected":
      state.disconnected = event.reason;
      effects.news.push({ kind: "disconnected", cause: event.reason });
      break;
    case "offers":
      answerOffers(state, event.offers, effects, now);
      break;
    case "inverse-offers":
      for (const offer of event.offers) learnInverseOffer(state.maintenance, offer, now);
      effects.calls.push({
        kind: "accept-inverse-offers",
        offerIds: event.offers.map(({ id }) => id),
        refuseSeconds: inverseRefuseSeconds,
      });
      break;
    case "rescind-inverse-offer":
      forgetInverseOffer(state.maintenance, event.offerId);
      break;
    case "update":
      applyStatus(state, event.status, effects, now);
      break;
    case "message":
      effects.news.push(event);
      break;
    case "failure":
      // The ends of its tasks are reported by status updates.
      if (event.failure.executorId === undefined && event.failure.agentId !== undefined) state.agents.delete(event.failure.agentId);
      break;
    case "want":
      wantTasks(state, event.tasks, effects, now);
      break;
    case "unwant":
      unwantTasks(state, event, effects, now);
      break;
    case "forget":
      for (const id of event.ids) {
        const task = state.tasks.get(id);
        if (task === undefined || !isEnded(task)) continue;
        state.tasks.delete(id);
        effects.records.push({ kind: "remove", id });
        effects.news.push({ kind: "forgotten", id });
      }
      break;
    case "tick":
      tick(state, effects, now);
      break;
    case "heartbeat":
    case "rescind":
    case "error":
    case "unknown":
      break;
  }
}

/** Resets what depends on the master, which may be a new one that knows less and sends offers until they are suppressed. */
function beginSubscription(state: SchedulerState, effects: Effects, now: number): void {
  state.disconnected = undefined;
  state.suppressed = false;
  state.wantsRevive = false;
  state.maintenance.clear();
  for (const kill of state.kills.values()) kill.next = now;
  effects.news.push({ kind: "connected" });
  reconcile(state, effects, now);
  killAgain(state, effects, now);
}

function answerOffers(state: SchedulerState, offers: readonly Offer[], effects: Effects, now: number): void {
  const { maintenanceMargin: margin, refuseSeconds, refuseSecondsIdle } = state.times;
  const usable = offers.flatMap((offer) => {
    const agent = learnOffer(state.agents, state.maintenance, offer, now);
    return whyShunned(agent, { now, margin, leaves: state.maintenance.get(offer.agentId)?.start }) ? [] : [{ offer, room: agent.room }];
  });
  const placed = placeTasks(readyTasks(state, now), usable, liveTasks(state));
  for (const tasks of placed.values()) {
    for (const { task, placement } of tasks) {
      const { cause: _, notBefore: __, ...rest } = task;
      setTask(state, { ...rest, state: "staging", attempt: task.attempt + 1, placement, since: now }, effects);
    }
  }
  const refused = { refuseSeconds: state.pending.size > 0 ? refuseSeconds : refuseSecondsIdle };
  for (const [offerId, tasks] of placed) {
    const launch = tasks.map(({ task, placement }) => toTaskInfo(task.wanted, placement));
    effects.calls.push({ kind: "accept", offerIds: [offerId], launch, ...refused });
  }
  const declined = offers.map(({ id }) => id).filter((id) => !placed.has(id));
  if (declined.length > 0) effects.calls.push({ kind: "decline", offerIds: declined, ...refused });
}

function wantTasks(state: SchedulerState, tasks: readonly WantedTask[], effects: Effects, now: number): void {
  for (const wanted of tasks) {
    if (state.tasks.has(wanted.id)) continue;
    setTask(state, { wanted, state: "pending", attempt: 0, failures: 0, setbacks: 0, since: now }, effects);
    state.wantsRevive = true;
  }
}

function unwantTasks(
  state: SchedulerState,
  { ids, grace }: { readonly ids: readonly string[]; readonly grace?: number },
  effects: Effects,
  now: number,
): void {
  for (const id of ids) {
    const task = state.tasks.get(id);
    if (task === undefined || isEnded(task)) continue;
    if (task.state !== "killing") {
      const { notBefore: _, ...rest } = task;
      setTask(state, { ...rest, state: task.state === "pending" ? "killed" : "killing", since: now }, effects);
    }
    if (task.state !== "pending") state.kills.set(id, { next: now, tries: 0, grace });
  }
  killAgain(state, effects, now);
}

function killAgain(state: SchedulerState, { calls }: Effects, now: number): void {
  if (state.disconnected !== undefined) return;
  for (const [id, kill] of state.kills) {
    if (kill.next > now) continue;
    kill.next = now + pauseAfter(++kill.tries, state.times.killAgain);
    const { wanted, placement } = state.tasks.get(id)!;
    const grace = kill.grace ?? wanted.killGrace;
    const { taskId, agentId } = placement!;
    calls.push({ kind: "kill", taskId, agentId, ...(grace !== undefined && { gracePeriod: toNanoseconds(grace) }) });
  }
}

function tick(state: SchedulerState, effects: Effects, now: number): void {
  giveUpUnknown(state, effects, now);
  const { lastTick } = state;
  state.lastTick = now;
  for (const { notBefore } of readyTasks(state, now)) if (notBefore !== undefined && notBefore > lastTick) state.wantsRevive = true;
  if (state.disconnected !== undefined) return;
  forgetUnrepeated(state.maintenance, now - state.times.maintenanceUnheard);
  if (now >= state.nextReconciliation) {
    forgetAgents(state.agents, now);
    reconcile(state, effects, now);
  }
  for (const task of liveTasks(state)) {
    const { id } = task.wanted;
    const quiet = now - Math.max(task.since, state.heard.get(id) ?? 0);
    if (task.state === "staging" && quiet > state.times.launchPatience && !state.asked.has(id)) askAbout(state, id, now);
  }
  askAgain(state, effects, now);
  killAgain(state, effects, now);
}

/** Asks about every launched task by name, and about all tasks that the master knows; those that are not in the record are then killed. */
function reconcile(state: SchedulerState, effects: Effects, now: number): void {
  state.nextReconciliation = now + state.times.reconcileEvery;
  state.asked.clear();
  for (const id of state.live) askAbout(state, id, now);
  state.nextAsk = now;
  askAgain(state, effects, now);
  effects.calls.push({ kind: "reconcile", tasks: [] });
}

function askAbout(state: SchedulerState, id: string, now: number): void {
  if (state.asked.size === 0) {
    state.asks = 0;
    state.nextAsk = now;
  }
  state.asked.add(id);
}

/** Repeats unanswered questions: a newly elected master does not answer for agents that have not registered again. */
function askAgain(state: SchedulerState, { calls }: Effects, now: number): void {
  if (state.asked.size === 0 || state.nextAsk > now) return;
  state.nextAsk = now + pauseAfter(++state.asks, state.times.reconcile);
  const about = [...state.asked].map((id) => {
    const { taskId, agentId } = state.tasks.get(id)!.placement!;
    return { taskId, agentId };
  });
  calls.push({ kind: "reconcile", tasks: about });
}

/** Requests offers while a task is ready, and suppresses them otherwise. REVIVE also ends the time for which agents were declined. */
function askForOffers(state: SchedulerState, { calls }: Effects, now: number): void {
  if (state.disconnected !== undefined) return;
  const isWanted = hasReady(state, now);
  if (!isWanted) {
    state.wantsRevive = false;
    if (!state.suppressed) calls.push({ kind: "suppress" });
    state.suppressed = true;
  } else if ((state.suppressed || state.wantsRevive) && now - state.lastRevive >= state.times.betweenRevives) {
    calls.push({ kind: "revive" });
    state.suppressed = false;
    state.wantsRevive = false;
    state.lastRevive = now;
  }
}

const hasReady = (state: SchedulerState, now: number): boolean => {
  const first: IteratorResult<Task> = readyTasks(state, now).next();
  return first.done !== true;
};
