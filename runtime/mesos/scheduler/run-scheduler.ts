/**
 * Runs `step` on events of Mesos and requests of others, and carries out its decisions: first records, then calls and news. Events that arrive while a
 * record is being written form the next batch, so that many events need few writes.
 */
import type { Log } from "../../../base/log.ts";
import { type Disconnected, MesosError, type SchedulerConnection } from "../protocol/connection.ts";
import type { SchedulerEvent } from "../protocol/events.ts";
import type { SchedulerRecord } from "../record/scheduler-record.ts";
import { checkWanted } from "./check-wanted.ts";
import type { Scheduler, SchedulerEnd, SchedulerNews } from "./scheduler.ts";
import { createState, type Effects, type SchedulerState, type SchedulerTimes, usualTimes } from "./scheduler-state.ts";
import { type Happening, step } from "./step.ts";
import type { Task } from "./task.ts";
import type { WantedTask } from "./wanted-task.ts";
import { whyPending } from "./why-pending.ts";

export interface RunOptions {
  readonly record: SchedulerRecord;
  /** Opens a connection; `frameworkId` is undefined for a new framework. */
  readonly connect: (frameworkId: string | undefined) => SchedulerConnection;
  readonly log: Log;
  readonly times?: SchedulerTimes;
}

const betweenTicks = 500;
/** While this many events wait for the record, no more are read from the master. */
const mostWaiting = 1_000;

/** Resolves when the master has accepted the framework. Rejects with a `MesosError` if it refuses, or cannot be reached in time. */
export async function runScheduler(options: RunOptions): Promise<Scheduler> {
  const running = new RunningScheduler(options);
  try {
    await running.started;
    return running;
  } catch (error) {
    await running.stop();
    throw error;
  }
}

const recordIsLost: SchedulerEnd = { kind: "lost", message: "the session with ZooKeeper is over, or another scheduler leads now" };

interface Letter {
  readonly happening: Happening;
  /** The subscription in which it arrived; its calls must not be sent in another one. */
  readonly subscription: number;
  readonly resolve?: () => void;
  readonly reject?: (error: unknown) => void;
}

class RunningScheduler implements Scheduler {
  frameworkId = "";
  readonly started: Promise<void>;
  readonly ended: Promise<SchedulerEnd>;
  readonly #record: SchedulerRecord;
  readonly #connection: SchedulerConnection;
  readonly #log: Log;
  readonly #state: SchedulerState;
  readonly #listeners = new Set<(news: SchedulerNews) => void>();
  readonly #starting = settleLater<void>();
  readonly #ending = settleLater<SchedulerEnd>();
  readonly #ticking: ReturnType<typeof setInterval>;
  #letters: Letter[] = [];
  #subscription = 0;
  #tearingDown: ReturnType<typeof settleLater<void>> | undefined;
  #working: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor({ record, connect, log, times = usualTimes }: RunOptions) {
    this.#record = record;
    this.#log = log;
    this.#state = createState(record.tasks, times);
    this.#connection = connect(record.frameworkId);
    this.frameworkId = record.frameworkId ?? "";
    this.started = this.#starting.promise;
    this.ended = this.#ending.promise;
    this.#ticking = setInterval(() => this.#post({ kind: "tick" }), betweenTicks);
    record.lost.addEventListener("abort", () => this.#end(recordIsLost), { once: true });
    void this.#listen();
  }

  tasks = (): readonly Task[] => [...this.#state.tasks.values()];

  task = (id: string): Task | undefined => this.#state.tasks.get(id);

  whyPending = (id: string): string | undefined => whyPending(this.#state, id, Date.now());

  maintenanceOf = (agentId: string): number | undefined => this.#state.maintenance.get(agentId)?.start;

  async want(tasks: readonly WantedTask[]): Promise<void> {
    for (const task of tasks) checkWanted(task);
    await this.#ask({ kind: "want", tasks });
  }

  unwant(ids: readonly string[], { grace }: { readonly grace?: number } = {}): Promise<void> {
    return this.#ask({ kind: "unwant", ids, ...(grace !== undefined && { grace }) });
  }

  forget(ids: readonly string[]): Promise<void> {
    return this.#ask({ kind: "forget", ids });
  }

  async send(id: string, data: Uint8Array): Promise<void> {
    const placement = this.task(id)?.placement;
    if (placement?.executorId === undefined) throw new TypeError(`Cannot send to ${id}: it has no executor`);
    await this.#connection.send({ kind: "message", agentId: placement.agentId, executorId: placement.executorId, data });
  }

  follow(listener: (news: SchedulerNews) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async stop(): Promise<void> {
    await this.#end({ kind: "stopped" });
  }

  async teardown({ keepTasks = false }: { readonly keepTasks?: boolean } = {}): Promise<void> {
    this.#tearingDown ??= settleLater<void>();
    this.#sendTeardown();
    await Promise.race([this.#tearingDown.promise, this.ended]);
    if (this.#closed) return;
    try {
      await (keepTasks ? this.#record.write([{ kind: "framework", frameworkId: "" }]) : this.#record.clear());
    } catch (error) {
      if (!this.#record.lost.aborted) throw error;
      return this.#end(recordIsLost);
    }
    await this.#end({ kind: "torn-down" });
  }

  /** If the answer is lost, it is sent again after the next subscription, unless the master has removed the framework. */
  #sendTeardown(): void {
    const sent = this.#connection.send({ kind: "teardown" });
    sent.then(this.#tearingDown!.resolve, (error: unknown) => {
      if (!(error instanceof MesosError && error.code === "disconnected")) this.#tearingDown!.reject(error);
    });
  }

  async #listen(): Promise<void> {
    try {
      for await (const event of this.#connection.events) {
        this.#hear(event);
        if (this.#letters.length >= mostWaiting) await this.#working;
      }
      if (!this.#tearingDown) await this.#end({ kind: "stopped" });
    } catch (error) {
      if (this.#tearingDown && error instanceof MesosError && error.code === "removed") {
        this.#tearingDown.resolve();
        return;
      }
      this.#starting.reject(error);
      const message = error instanceof Error ? error.message : String(error);
      await this.#end({ kind: error instanceof MesosError && error.code === "failed-over" ? "replaced" : "refused", message });
    }
  }

  #hear(event: SchedulerEvent | Disconnected): void {
    if (event.kind === "subscribed" || event.kind === "disconnected") this.#subscription++;
    if (event.kind !== "heartbeat") this.#post(event);
    if (event.kind === "subscribed" && this.#tearingDown) this.#sendTeardown();
  }

  #ask(happening: Happening): Promise<void> {
    if (this.#closed) return Promise.reject(new MesosError("closed", "The scheduler has ended"));
    return new Promise((resolve, reject) => this.#post(happening, { resolve, reject }));
  }

  #post(happening: Happening, settle: Pick<Letter, "resolve" | "reject"> = {}): void {
    this.#letters.push({ happening, subscription: this.#subscription, ...settle });
    if (!this.#closed) this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    // Events of the same turn of the event loop belong to one batch.
    await Promise.resolve();
    while (this.#letters.length > 0 && !this.#closed) {
      const letters = this.#letters;
      this.#letters = [];
      try {
        await this.#carryOut(letters);
        for (const { resolve } of letters) resolve?.();
      } catch (error) {
        for (const { reject } of letters) reject?.(error);
        if (this.#record.lost.aborted) {
          this.#starting.reject(error);
          void this.#end(recordIsLost);
          continue;
        }
        const message = error instanceof Error ? error.message : String(error);
        this.#log.error({ err: error }, "the scheduler cannot write its record, and ends; its tasks go on");
        this.#starting.reject(error);
        void this.#end({ kind: "refused", message });
      }
    }
    this.#working = undefined;
  }

  async #carryOut(letters: readonly Letter[]): Promise<void> {
    const now = Date.now();
    const steps = letters.map(({ happening, subscription }) => ({ effects: step(this.#state, happening, now), subscription }));
    const subscribed = letters.map(({ happening }) => happening).findLast((each) => each.kind === "subscribed");
    const isNew = subscribed !== undefined && subscribed.frameworkId !== this.frameworkId;
    const changes = [
      ...(isNew ? [{ kind: "framework" as const, frameworkId: subscribed.frameworkId }] : []),
      ...lastOfEach(steps.flatMap(({ effects }) => effects.records)),
    ];
    if (changes.length > 0) await this.#record.write(changes);
    if (isNew) this.frameworkId = subscribed.frameworkId;
    if (subscribed) this.#starting.resolve();
    for (const { effects, subscription } of steps) if (subscription === this.#subscription) this.#call(effects);
    for (const { effects } of steps) for (const news of effects.news) for (const listener of [...this.#listeners]) listener(news);
  }

  #call({ calls }: Effects): void {
    for (const call of calls) {
      this.#connection.send(call).catch((err: unknown) => {
        // Calls that are lost with a connection are decided anew after the next subscription.
        if (err instanceof MesosError && (err.code === "disconnected" || err.code === "closed")) return;
        this.#log.warn({ err, call: call.kind }, "Mesos refused a call");
      });
    }
  }

  #end(end: SchedulerEnd): Promise<void> {
    this.#closed ??= (async () => {
      clearInterval(this.#ticking);
      const over = new MesosError("closed", "The scheduler has ended");
      this.#starting.promise.catch(() => undefined);
      this.#starting.reject(over);
      await this.#connection.close();
      await this.#working;
      await this.#record.close();
      for (const { reject } of this.#letters) reject?.(over);
      this.#ending.resolve(end);
    })();
    return this.#closed;
  }
}

function settleLater<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

/** Of several changes of one task, only the last is needed. */
function lastOfEach(records: Effects["records"]): Effects["records"] {
  if (records.length < 2) return records;
  return [...new Map(records.map((each) => [each.kind === "put" ? each.task.wanted.id : each.id, each])).values()];
}
