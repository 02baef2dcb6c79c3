/** Subtasks, and a listener that can be waited for, for the tests of coordinators. */

import assert from "node:assert/strict";
import { subtaskKey } from "../../base/subtask-key.ts";
import type { Coordinator, Subtask, SubtaskEvent } from "../../coordination/coordinator.ts";

export function makeSubtask(partition: number, programKey = "program"): Subtask {
  const fingerprint = `partition ${partition}`;
  return { key: subtaskKey(programKey, fingerprint), programKey, fingerprint, dataset: "zmumu", partition };
}

export function makeSubtasks(count: number, programKey?: string): readonly Subtask[] {
  return Array.from({ length: count }, (_, partition) => makeSubtask(partition, programKey));
}

export const keysOf = (subtasks: readonly Subtask[]): readonly string[] => subtasks.map(({ key }) => key);

export interface Heard {
  readonly events: readonly SubtaskEvent[];
  /** Resolves when that many events were heard; rejects after five seconds. */
  count(events: number): Promise<void>;
  /** Resolves when one of this kind was heard. */
  until(wanted: SubtaskEvent["kind"]): Promise<void>;
  stop(): void;
}

export function listen(coordinator: Coordinator, keys: readonly string[]): Heard {
  const stop = new AbortController();
  const events: SubtaskEvent[] = [];
  let arrived = () => {};
  const listener = (event: SubtaskEvent) => {
    events.push(event);
    arrived();
  };
  coordinator.watch(new Set(keys), listener, stop.signal);
  const wait = (isEnough: () => boolean, wanted: string) =>
    new Promise<void>((resolve, reject) => {
      const message = () => `heard ${JSON.stringify(events)}, not ${wanted}`;
      const late = setTimeout(() => reject(new assert.AssertionError({ message: message() })), 5000);
      arrived = () => {
        if (!isEnough()) return;
        clearTimeout(late);
        resolve();
      };
      arrived();
    });
  return {
    events,
    stop: () => stop.abort(),
    count: (wanted) => wait(() => events.length >= wanted, `${wanted} events`),
    until: (wanted) => wait(() => events.some(({ kind }) => kind === wanted), wanted),
  };
}
