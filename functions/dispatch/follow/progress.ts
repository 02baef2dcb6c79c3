/**
 * One plan on its way: which partitions are done, and the sum of their partials so far. Derived from store and coordinator
 * alone, so any dispatcher can have one of any plan at any time and throw it away again.
 *
 * Each partition's partial is merged once; merging is exact, so the order does not matter. Memory: one merged partial.
 * It is as the coordinator's events say. Where these may leave something out, it looks again now and then, while something is open.
 *
 * Longer than 300 lines: what can stand alone (tally, sum, repairs, looks, turns) is in files of its own; here is how they hold together.
 */

import type { Log } from "../../../base/log.ts";
import { pause } from "../../../base/pause.ts";
import { subtaskKey } from "../../../base/subtask-key.ts";
import { turn } from "../../../base/turn.ts";
import type { Coordinator, Failure, SubtaskEvent } from "../../../coordination/coordinator.ts";
import type { PartialResult } from "../../../engine/histogram/partial.ts";
import type { Program } from "../../../engine/program/program.ts";
import type { Store, StoredPlan } from "../../../storage/store.ts";
import type { Services } from "../../services.ts";
import type { ResultNote } from "../answer/timeline.ts";
import { placesOf } from "../plan/plan-submission.ts";
import { Changes } from "./changes.ts";
import { insist } from "./insist.ts";
import { LookAgain } from "./look-again.ts";
import { OneByOne } from "./one-by-one.ts";
import { type Asked, PartialSum } from "./partial-sum.ts";
import { eventStates, type Found, isHere, type PartitionState, readPartitionStates } from "./partition-state.ts";
import { type Counts, PartitionTally } from "./partition-tally.ts";
import { Repairs } from "./repairs.ts";

/** `heard`: when it was news that its partial is stored. */
interface ToMerge {
  readonly place: number;
  readonly heard: number | undefined;
}

/** Milliseconds. */
const longestSave = 1_000;

type ProgressServices = Pick<Services, "store" | "coordinator" | "log" | "meter">;

export class Progress {
  readonly plan: StoredPlan;
  readonly program: Program;
  readonly #store: Store;
  readonly #coordinator: Coordinator;
  readonly #log: Log;
  readonly #sum: PartialSum;
  readonly #tally: PartitionTally;
  /** Subtask key → places in the plan. */
  readonly #places: ReadonlyMap<string, number>;
  readonly #toMerge: OneByOne<ToMerge>;
  readonly #changes = new Changes();
  readonly #stop = new AbortController();
  readonly #unpin: () => void;
  readonly #lookAgain: LookAgain | undefined;
  readonly #repairs: Repairs;
  /** Places that changed, for each look that is under way: what is heard meanwhile is newer than what it finds. */
  readonly #changedMeanwhile = new Set<Set<number>>();
  #hasLooked = false;
  #saving: Promise<void> | undefined;
  /** Submissions that look what there is, and queue the rest. */
  #queueing = 0;
  /** Nodes there are, where nothing moved since they were counted. */
  #nodes: number | undefined;
  #read: { readonly version: number; readonly partial: PartialResult } | undefined;

  private constructor(
    plan: StoredPlan,
    program: Program,
    { asked, places, ...services }: ProgressServices & { readonly asked: Asked; readonly places: ReadonlyMap<string, number> },
  ) {
    const { store, coordinator, log } = services;
    this.plan = plan;
    this.program = program;
    this.#store = store;
    this.#coordinator = coordinator;
    this.#log = log;
    this.#sum = new PartialSum(plan, program, { ...services, asked });
    this.#tally = new PartitionTally(plan.partitions.length);
    this.#repairs = new Repairs(plan, { store, coordinator, log, signal: this.#stop.signal });
    this.#toMerge = new OneByOne((item) => this.#merge(item), this.#stop.signal);
    this.#places = places;
    this.#unpin = store.pin([plan.planKey, ...this.#places.keys()]);
    if (!coordinator.skipsEvents) return;
    this.#lookAgain = new LookAgain({
      isNeeded: () => !this.isFinished,
      isAwaited: () => this.#changes.isAwaited,
      look: () => this.#look(),
      onError: (error) => log.warn({ err: error, plan: plan.planKey }, "cannot look how a query is; trying again"),
    });
  }

  /**
   * Follows the coordinator's events until closed; what was before, `look` tells. `asked`: the first query that wants the plan followed.
   */
  static async open(plan: StoredPlan, program: Program, services: ProgressServices, asked: Asked): Promise<Progress> {
    const places = await placesOf(plan);
    const progress = new Progress(plan, program, { ...services, asked, places });
    await turn();
    services.coordinator.watch(new Set(places.keys()), (event) => progress.#take(event), progress.#stop.signal);
    await turn();
    return progress;
  }

  /** Learns what was before it was followed, unless that is known. */
  async look(): Promise<void> {
    if (!this.#hasLooked) await this.refresh();
  }

  /** Brings partitions that are known to be neither stored nor under way up to date. */
  async refresh(): Promise<void> {
    const absent = this.#keysOf((state) => state === "absent");
    if (absent.length > 0) await this.#update(absent);
    this.#hasLooked = true;
    if (absent.length > 0) this.touch();
  }

  /**
   * Runs a submission's work: what is absent meanwhile is about to be queued. It gets a function that takes keys whose partials were found
   * stored.
   */
  async whileQueueing<Result>(work: (stored: (keys: ReadonlySet<string>) => void) => Promise<Result>): Promise<Result> {
    this.#queueing++;
    try {
      return await work((keys) => {
        for (const key of keys) {
          const place = this.#places.get(key)!;
          if (this.#tally.at(place) === "absent") this.#arrived(place);
        }
      });
    } finally {
      this.#queueing--;
      this.touch();
    }
  }

  /** Grows with every change. */
  get version(): number {
    return this.#changes.version;
  }

  /** Milliseconds since the epoch. */
  get lastUpdate(): number {
    return this.#changes.last;
  }

  get counts(): Counts {
    return this.#tally.counts;
  }

  get failures(): PartitionTally["failures"] {
    return this.#tally.failures;
  }

  /** Every partition is merged or has failed. */
  get isFinished(): boolean {
    return this.#tally.isFinished;
  }

  /** Nothing that is left is waiting or running any more, nor about to be queued. */
  get isWithdrawn(): boolean {
    return this.#queueing === 0 && this.#tally.isWithdrawn;
  }

  /** Partitions wait, and there is no node that could take them. */
  get lacksNodes(): boolean {
    return this.#nodes === 0 && this.#tally.isStanding;
  }

  /** Nothing is under way and nobody listens. */
  get isIdle(): boolean {
    return !this.#changes.isAwaited && (this.isFinished || this.isWithdrawn);
  }

  /** The sum of the partials so far. */
  read(): PartialResult {
    if (this.#read?.version !== this.version) this.#read = { version: this.version, partial: this.#sum.read() };
    return this.#read.partial;
  }

  /** Where the time went so far. */
  get timing(): ResultNote {
    return this.#sum.timeline.read(this.lastUpdate);
  }

  get keys(): readonly string[] {
    return [...this.#places.keys()];
  }

  /** Partitions that failed start over as waiting; their new events follow. */
  forgetFailures(): void {
    for (const place of [...this.failures.keys()]) this.#set(place, "waiting");
    this.touch();
  }

  /** Resolves at the next change after `version`, at once if there was one; or when the signal aborts. */
  changeAfter(version: number, signal: AbortSignal): Promise<void> {
    const changed = this.#changes.after(version, signal);
    this.#lookAgain?.soon();
    return changed;
  }

  /** Something of the plan changed, or around it: wakes those who wait for that. */
  touch(): void {
    this.#changes.happened();
    this.#lookAgain?.soon();
  }

  /** Nothing is written any more when this resolves. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#lookAgain?.stop();
    this.#unpin();
    await this.#saving;
  }

  #take(event: SubtaskEvent): void {
    const place = this.#places.get(event.key);
    if (place === undefined || isHere(this.#tally.at(place))) return;
    if (event.kind === "done") this.#arrived(place, Date.now());
    else if (event.kind === "failed") this.#fail(place, event.failure);
    else this.#set(place, eventStates[event.kind]);
    this.#nodes = undefined;
    this.touch();
  }

  /** Everything that is open, and whether somebody is there to do it. */
  async #look(): Promise<void> {
    const { version } = this;
    const before = this.lacksNodes;
    const nodes = this.#tally.isStanding ? (await this.#coordinator.nodes()).length : undefined;
    const changed = await this.#update(this.#keysOf((state) => !isHere(state) && state !== "failed"));
    if (this.version === version) this.#nodes = nodes;
    if (changed || this.lacksNodes !== before) this.touch();
  }

  #keysOf(isWanted: (state: PartitionState) => boolean): readonly string[] {
    return [...this.#places].filter(([, place]) => isWanted(this.#tally.at(place)) && !this.#repairs.has(place)).map(([key]) => key);
  }

  /** As coordinator and store have it now. True where that was news. */
  async #update(keys: readonly string[]): Promise<boolean> {
    const meanwhile = new Set<number>();
    this.#changedMeanwhile.add(meanwhile);
    try {
      const found = await readPartitionStates(keys, { store: this.#store, coordinator: this.#coordinator });
      this.#changedMeanwhile.delete(meanwhile);
      let changed = false;
      for (const [key, state] of found) {
        const place = this.#places.get(key)!;
        // What another look found stored is on its way.
        if (meanwhile.has(place) || isHere(this.#tally.at(place))) continue;
        changed ||= this.#tally.at(place) !== state.kind;
        this.#found(place, state);
      }
      return changed;
    } finally {
      this.#changedMeanwhile.delete(meanwhile);
    }
  }

  #found(place: number, found: Found): void {
    if (found.kind === "stored") this.#arrived(place);
    else if (found.kind === "failed") this.#fail(place, found.failure);
    else this.#set(place, found.kind);
  }

  #set(place: number, state: Exclude<PartitionState, "failed">): void {
    for (const places of this.#changedMeanwhile) places.add(place);
    this.#tally.set(place, state);
  }

  #fail(place: number, failure: Failure): void {
    for (const places of this.#changedMeanwhile) places.add(place);
    this.#tally.fail(place, failure);
  }

  /** `heard`: now, where it is news that its partial is stored. */
  #arrived(place: number, heard?: number): void {
    this.#set(place, "stored");
    this.#toMerge.add({ place, heard });
  }

  async #merge({ place, heard }: ToMerge): Promise<void> {
    try {
      await this.#insist(() => this.#sum.add(place, heard));
      this.#set(place, "merged");
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      const key = subtaskKey(this.plan.programKey, this.plan.partitions[place].fingerprint);
      this.#log.error({ err: error, subtask: key }, "a stored partial cannot be merged; it is computed again");
      this.#set(place, "waiting");
      void this.#repairs.begin(place);
    }
    // Whoever hears of the end finds the result stored, unless that takes long.
    if (this.isFinished && this.failures.size === 0) {
      this.#saving = this.#saveResult();
      await Promise.race([this.#saving, pause(longestSave, this.#stop.signal)]);
    }
    this.touch();
  }

  /** Where it cannot be saved, the partials stay, and whoever asks next merges them again. */
  async #saveResult(): Promise<void> {
    try {
      await this.#insist(() => this.#sum.save());
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#log.error({ err: error, plan: this.plan.planKey }, "a result cannot be stored");
    }
  }

  #insist<T>(action: () => Promise<T>): Promise<T> {
    const { signal } = this.#stop;
    const message = "the store does not answer; trying again";
    return insist(action, { signal, log: this.#log, message, fields: { plan: this.plan.planKey } });
  }
}
