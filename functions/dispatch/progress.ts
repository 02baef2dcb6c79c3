/**
 * One plan on its way: which partitions are done, and the sum of their partials so far. Derived from store and coordinator
 * alone, so any dispatcher can have one of any plan at any time and throw it away again.
 *
 * Each partition's partial is merged once; merging is exact, so the order does not matter. Memory: one merged partial.
 */
import type { Coordinator, Failure, SubtaskEvent } from "../../coordination/coordinator.ts";
import { Merger } from "../../engine/merge.ts";
import { DamagedPartial, decodePartial, encodePartial, type Partial } from "../../engine/partial.ts";
import type { Program } from "../../engine/program.ts";
import type { Store, StoredPlan } from "../../storage/store.ts";
import { StoreError } from "../../storage/store-error.ts";
import type { Status } from "../api.ts";
import { pause } from "../pause.ts";
import type { Log } from "../services.ts";
import { subtaskKey, subtaskOf } from "./plan-submission.ts";

/** `absent`: neither stored nor queued, as after a cancellation. */
export type PartitionState = "absent" | "waiting" | "loading" | "running" | "stored" | "merged" | "failed";

export type Counts = Status["partitions"] & { readonly absent: number };

const eventStates: Readonly<Record<Exclude<SubtaskEvent["kind"], "failed" | "done">, PartitionState>> = {
  unowned: "waiting",
  loading: "loading",
  running: "running",
  withdrawn: "absent",
};

/** Milliseconds. */
const longestPause = 5_000;
const longestSave = 1_000;

type ProgressServices = { readonly store: Store; readonly coordinator: Coordinator; readonly log: Log };

export class Progress {
  readonly plan: StoredPlan;
  readonly program: Program;
  /** Grows with every change. */
  version = 0;
  lastUpdate = Date.now();
  readonly failures = new Map<number, Failure>();
  readonly #store: Store;
  readonly #coordinator: Coordinator;
  readonly #log: Log;
  readonly #merger: Merger;
  readonly #states: PartitionState[];
  readonly #counts: Record<PartitionState, number>;
  /** Subtask key → places in the plan. */
  readonly #places = new Map<string, number>();
  readonly #toMerge: number[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #stop = new AbortController();
  readonly #unpin: () => void;
  #merging: Promise<void> | undefined;
  #read: { readonly version: number; readonly partial: Partial } | undefined;

  private constructor(plan: StoredPlan, program: Program, { store, coordinator, log }: ProgressServices) {
    this.plan = plan;
    this.program = program;
    this.#store = store;
    this.#coordinator = coordinator;
    this.#log = log;
    this.#merger = new Merger(program);
    this.#states = plan.partitions.map(() => "absent");
    this.#counts = { absent: plan.partitions.length, waiting: 0, loading: 0, running: 0, stored: 0, merged: 0, failed: 0 };
    for (const [place, { fingerprint }] of plan.partitions.entries()) this.#places.set(subtaskKey(plan.programKey, fingerprint), place);
    this.#unpin = store.pin([plan.planKey, ...this.#places.keys()]);
  }

  /** Looks at store and coordinator once, then follows the coordinator's events until closed. */
  static async open(plan: StoredPlan, program: Program, services: ProgressServices): Promise<Progress> {
    const progress = new Progress(plan, program, services);
    const keys = [...progress.#places.keys()];
    services.coordinator.watch(new Set(keys), (event) => progress.#take(event), progress.#stop.signal);
    try {
      await progress.refresh();
    } catch (error) {
      progress.close();
      throw error;
    }
    return progress;
  }

  /** Brings partitions that are known to be neither stored nor under way up to date. */
  async refresh(): Promise<void> {
    const open = [...this.#places].filter(([, place]) => this.#states[place] === "absent").map(([key]) => key);
    if (open.length === 0) return;
    const states = await this.#coordinator.states(open);
    const stored = await this.#store.findPartials(open);
    for (const key of open) {
      const place = this.#places.get(key)!;
      if (this.#states[place] !== "absent") continue;
      const state = states.get(key);
      if (stored.has(key)) this.#arrived(place);
      else if (state?.kind === "failed") this.#fail(place, state.failure);
      else if (state) this.#set(place, state.kind === "unowned" ? "waiting" : state.loading ? "loading" : "running");
    }
    this.#changed();
  }

  get counts(): Counts {
    const { absent, waiting, loading, running, stored, merged, failed } = this.#counts;
    return { total: this.plan.partitions.length, waiting, loading, running: running + stored, done: merged, failed, absent };
  }

  /** Every partition is merged or has failed. */
  get isFinished(): boolean {
    return this.#counts.merged + this.#counts.failed === this.plan.partitions.length;
  }

  /** Nothing that is left is waiting or running any more. */
  get isWithdrawn(): boolean {
    const { waiting, loading, running, stored, absent } = this.#counts;
    return absent > 0 && waiting + loading + running + stored === 0;
  }

  /** Nothing is under way and nobody listens. */
  get isIdle(): boolean {
    return this.#listeners.size === 0 && (this.isFinished || this.isWithdrawn);
  }

  /** The sum of the partials so far. */
  read(): Partial {
    if (this.#read?.version !== this.version) this.#read = { version: this.version, partial: this.#merger.read() };
    return this.#read.partial;
  }

  get keys(): readonly string[] {
    return [...this.#places.keys()];
  }

  /** Partitions that failed start over as waiting; their new events follow. */
  forgetFailures(): void {
    for (const place of this.failures.keys()) this.#set(place, "waiting");
    this.failures.clear();
    this.#changed();
  }

  /** Calls back at every change until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves at the next change after `version`, at once if there was one; or when the signal aborts. */
  async changeAfter(version: number, signal: AbortSignal): Promise<void> {
    if (this.version !== version || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        stopListening();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const stopListening = this.onChange(done);
      signal.addEventListener("abort", done, { once: true });
    });
  }

  /** Wakes those who wait for changes: something around the plan changed. */
  touch(): void {
    this.#changed();
  }

  close(): void {
    this.#stop.abort();
    this.#unpin();
  }

  #take(event: SubtaskEvent): void {
    const place = this.#places.get(event.key);
    if (place === undefined || this.#states[place] === "merged" || this.#states[place] === "stored") return;
    if (event.kind === "done") this.#arrived(place);
    else if (event.kind === "failed") this.#fail(place, event.failure);
    else this.#set(place, eventStates[event.kind]);
    this.#changed();
  }

  #set(place: number, state: PartitionState): void {
    this.#counts[this.#states[place]]--;
    this.#counts[state]++;
    this.#states[place] = state;
  }

  #fail(place: number, failure: Failure): void {
    this.failures.set(place, failure);
    this.#set(place, "failed");
  }

  #changed(): void {
    this.version++;
    this.lastUpdate = Date.now();
    for (const listener of [...this.#listeners]) listener();
  }

  #arrived(place: number): void {
    this.#set(place, "stored");
    this.#toMerge.push(place);
    this.#merging ??= this.#mergeAll().finally(() => {
      this.#merging = undefined;
    });
  }

  async #mergeAll(): Promise<void> {
    for (let place = this.#toMerge.shift(); place !== undefined; place = this.#toMerge.shift()) {
      const key = subtaskKey(this.plan.programKey, this.plan.partitions[place].fingerprint);
      try {
        this.#merger.add(await this.#insist(() => this.#readPartial(key)));
        this.#set(place, "merged");
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#set(place, "absent");
        this.#log.error({ err: error, subtask: key }, "a stored partial cannot be merged; it is computed again");
        await this.#repair(place, key).catch((repairError: unknown) =>
          this.#log.error({ err: repairError, subtask: key }, "a partial cannot be computed again"),
        );
      }
      // Whoever hears of the end finds the result stored, unless that takes long.
      if (this.isFinished && this.failures.size === 0) await Promise.race([this.#saveResult(), pause(longestSave, this.#stop.signal)]);
      this.#changed();
    }
  }

  async #readPartial(key: string): Promise<Partial> {
    const bytes = await this.#store.getPartial(key);
    if (!bytes) throw new DamagedPartial("the partial is not in the store");
    return decodePartial(bytes);
  }

  /** Where it cannot be saved, the partials stay, and whoever asks next merges them again. */
  async #saveResult(): Promise<void> {
    try {
      const bytes = await encodePartial(this.#merger.read());
      await this.#insist(() => this.#store.putResult(this.plan.planKey, bytes));
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#log.error({ err: error, plan: this.plan.planKey }, "a result cannot be stored");
    }
  }

  /** Tries again, with growing pauses, while the store is unavailable. Rejects with what else goes wrong, and when this is closed. */
  async #insist<T>(action: () => Promise<T>): Promise<T> {
    const { signal } = this.#stop;
    for (let wait = 100; ; wait = Math.min(longestPause, wait * 2)) {
      try {
        return await action();
      } catch (error) {
        if (signal.aborted || !(error instanceof StoreError && error.code === "unavailable")) throw error;
        this.#log.warn({ err: error, plan: this.plan.planKey, pause: wait }, "the store does not answer; trying again");
      }
      await pause(wait, signal);
    }
  }

  async #repair(place: number, key: string): Promise<void> {
    await this.#insist(() => this.#store.dropPartial(key));
    const subtasks = [subtaskOf(this.plan, place)];
    await this.#coordinator.enqueue({ queryId: `repair:${key}`, client: "repair", priority: 0, subtasks });
    this.#set(place, "waiting");
  }
}
