/**
 * Keeps an executor's updates that its agent has not acknowledged, and its tasks without any acknowledged update. A new subscription must state both.
 *
 * Guarantees: updates are sent in their order, and again with the same uuid after every subscription until they are acknowledged. An update that the
 * agent refuses, or never acknowledges, does not delay the others.
 */
import { randomUUID } from "node:crypto";
import type { Log } from "../../../base/log.ts";
import type { ExecutorStatus } from "../protocol/calls.ts";
import type { TaskInfo, TaskState, TaskStatus } from "../protocol/shapes.ts";

export interface OutboxOptions {
  readonly executorId: string;
  /** Must reject if the update may not have arrived. */
  readonly send: (status: ExecutorStatus) => Promise<void>;
  readonly log: Log;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #tasks = new Map<string, TaskInfo>();
  /** The unacknowledged updates by uuid, in their order. */
  readonly #updates = new Map<string, ExecutorStatus>();
  /** The updates that were not sent since the last subscription. */
  #unsent: ExecutorStatus[] = [];
  /** The uuids of the updates that the subscription itself stated, so that they are not sent twice. */
  #told: ReadonlySet<string> = new Set();
  #isConnected = false;
  #isSending = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get unacknowledgedTasks(): readonly TaskInfo[] {
    return [...this.#tasks.values()];
  }

  get unacknowledgedUpdates(): readonly ExecutorStatus[] {
    return [...this.#updates.values()];
  }

  launched(task: TaskInfo): void {
    this.#tasks.set(task.id, task);
  }

  update(taskId: string, state: TaskState, more: Pick<TaskStatus, "message" | "data"> = {}): void {
    const status: ExecutorStatus = {
      taskId,
      state,
      source: "SOURCE_EXECUTOR",
      uuid: Buffer.from(randomUUID().replaceAll("-", ""), "hex").toString("base64"),
      executorId: this.#options.executorId,
      timestamp: Date.now() / 1000,
      ...more,
    };
    this.#updates.set(status.uuid, status);
    this.#unsent.push(status);
    void this.#send();
  }

  acknowledge(taskId: string, uuid: string): void {
    if (this.#updates.get(uuid)?.taskId !== taskId) return;
    this.#updates.delete(uuid);
    this.#tasks.delete(taskId);
  }

  /** The tasks and updates that the next subscription states. */
  describe(): { readonly tasks: readonly TaskInfo[]; readonly updates: readonly ExecutorStatus[] } {
    this.#told = new Set(this.#updates.keys());
    return { tasks: this.unacknowledgedTasks, updates: this.unacknowledgedUpdates };
  }

  /** Tells of a new subscription. Updates that it stated are not sent again, else the agent would forward updates that the scheduler has acknowledged. */
  connect(): void {
    this.#isConnected = true;
    this.#unsent = [...this.#updates.values()].filter(({ uuid }) => !this.#told.has(uuid));
    this.#told = new Set();
    void this.#send();
  }

  disconnect(): void {
    this.#isConnected = false;
  }

  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#isConnected) {
      const status = this.#unsent.shift();
      if (status === undefined) break;
      if (!this.#updates.has(status.uuid)) continue;
      await this.#options.send(status).catch((err: unknown) => {
        const { taskId, state } = status;
        this.#options.log.warn({ err, task: taskId, state }, "an update could not be sent; it is sent again with the next subscription");
      });
    }
    this.#isSending = false;
  }
}
