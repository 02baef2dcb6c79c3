/**
 * The progress of one plan: which partitions are done, and the sums of their partials so far. It is derived from store and coordinator
 * alone, so any dispatcher can make one for any plan at any time and discard it again.
 *
 * Each partial is merged once. Memory: one merged partial per program, and one word per subtask. It follows the coordinator's events; if these may be
 * incomplete, it also polls while partitions are open.
 */

import { pause } from "../../../base/pause.ts";
import { turn } from "../../../base/turn.ts";
import type { SubtaskEvent } from "../../../coordination/coordinator.ts";
import type { PartialResult } from "../../../engine/histogram/partial.ts";
import type { Program } from "../../../engine/program/program.ts";
import type { StoredPlan, StoredQuery } from "../../../storage/store.ts";
import type { Services } from "../../services.ts";
import type { ResultNote } from "../answer/timeline.ts";
import { describeMissingNodes } from "../describe-missing-nodes.ts";
import { AwaitedVersion } from "./awaited-version.ts";
import type { CountInterest } from "./count-interest.ts";
import { DamagedPartials } from "./damaged-partials.ts";
import { PartialSum } from "./partial-sum.ts";
import { isOpen } from "./partition-state.ts";
import { PlanClients, type QueryOfPlan } from "./plan-clients.ts";
import { PlanPartitions } from "./plan-partitions.ts";
import { Poller } from "./poller.ts";
import type { PlannedPrograms } from "./stored-results.ts";

/** In milliseconds: how long the next question waits for the result to be stored. */
const longestSave = 1_000;

export type ProgressServices = Pick<Services, "store" | "coordinator" | "log" | "meter"> & { readonly countInterest: CountInterest };

/** A submission that queues missing partitions. While it lasts, its query does not count as withdrawn, even if nothing is queued yet. */
export interface Queueing extends Disposable {
  /** Tells that the query was accepted, so that its client is interested from now on. */
  accept(): void;
}

export class Progress implements PlannedPrograms {
  readonly plan: StoredPlan;
  readonly programs: readonly Program[];
  /** The clients of the plan's queries at this dispatcher. */
  readonly clients: PlanClients;
  readonly #services: ProgressServices;
  readonly #sum: PartialSum;
  readonly partitions: PlanPartitions;
  readonly #damaged: DamagedPartials;
  readonly #version = new AwaitedVersion();
  readonly #stop = new AbortController();
  readonly #unpin: () => void;
  readonly #poller: Poller;
  #hasLooked = false;
  #saving: Promise<void> | undefined;
  /** The query that is being queued. */
  #queueing: string | undefined;
  /** The message that there are no nodes; it holds until something changes. */
  #missingNodes: string | undefined;
  #read: { readonly version: number; readonly partials: readonly PartialResult[] } | undefined;

  private constructor({ plan, programs }: PlannedPrograms, query: StoredQuery, services: ProgressServices, partitions: PlanPartitions) {
    const { store, log } = services;
    const { signal } = this.#stop;
    this.plan = plan;
    this.programs = programs;
    this.#services = services;
    this.partitions = partitions;
    this.clients = new PlanClients(services);
    this.#damaged = new DamagedPartials({ plan, partitions, clients: this.clients, services, signal, onChange: () => this.touch() });
    this.#sum = new PartialSum(this, {
      services,
      query,
      signal,
      onMerged: (place) => {
        partitions.set(place, "done");
        // Until the group's end makes the version grow, somebody may see that all is done, and must not be given an earlier sum with that.
        this.#read = undefined;
      },
      onDamaged: (place, error) => void this.#damaged.mend(place, error),
      onBatch: () => this.#finishBatch(),
    });
    this.#unpin = store.pin([plan.planKey, ...partitions.keys]);
    this.#poller = new Poller({
      isNeeded: () => !this.partitions.isFinished,
      isAwaited: () => this.#version.isAwaited,
      look: () => this.#poll(),
      onError: (error) => log.warn({ err: error, plan: plan.planKey }, "cannot look how a query is; trying again"),
    });
  }

  /** Follows the coordinator's events until closed; `look` learns what happened before. `query` is the first one for which the plan is followed. */
  static async open(planned: PlannedPrograms, query: StoredQuery, services: ProgressServices): Promise<Progress> {
    const onStored = (place: number, heard: number | undefined) => progress.#sum.add({ place, heard });
    const partitions = await PlanPartitions.of(planned.plan, { services, onStored });
    const progress = new Progress(planned, query, services, partitions);
    await turn();
    services.coordinator.watch(new Set(partitions.keys), (event) => progress.#take(event), progress.#stop.signal, { asksNext: true });
    await turn();
    return progress;
  }

  /** Learns what happened before the plan was followed, unless that is known. */
  async look(): Promise<void> {
    if (!this.#hasLooked) await this.refresh();
  }

  /** Looks up again the partitions that are known to be neither stored nor under way. */
  async refresh(): Promise<void> {
    const absent = this.partitions.keysOf((state, place) => state === "absent" && !this.#damaged.isIgnored(place));
    if (absent.length > 0) await this.partitions.update(absent);
    this.#hasLooked = true;
    if (absent.length > 0) this.touch();
  }

  /**
   * Learns how many clients are interested in these queries. If nobody is interested in one of them, it looks at the open partitions after that: interest also
   * ends with a query's last subtask, and its end may not have been heard of here yet.
   */
  async learnInterest(queries: readonly QueryOfPlan[]): Promise<void> {
    if (!this.#isOpen || queries.length === 0) return;
    const { changes } = this.clients;
    const interested = await this.#services.countInterest(queries.map(({ id }) => id));
    if (queries.some(({ id }) => !interested.get(id))) await this.#updateOpen();
    // The count is ignored if a client submitted or withdrew meanwhile, and while subtasks are being queued again, which are not withdrawn.
    if (this.clients.changes !== changes || !this.#isOpen || this.#damaged.isQueueing) return;
    const news = queries.filter((query) => this.clients.count(query, interested.get(query.id) ?? 0));
    if (news.length > 0) this.touch();
  }

  /**
   * Takes in how many clients remain interested in a query that was withdrawn just now. If nobody is, it looks at the open partitions first, also at those whose
   * withdrawal was heard: their partials may have been stored just before.
   */
  async learnWithdrawal(query: QueryOfPlan, interested: number): Promise<void> {
    const { changes } = this.clients;
    if (interested === 0 && this.#isOpen) await this.#updateOpen();
    if (this.clients.changes !== changes || !this.#isOpen || this.#damaged.isQueueing) return;
    if (this.clients.count(query, interested)) this.touch();
  }

  /** How many clients are interested in a query of this plan, as far as is known; at least 1 while it is being queued. */
  interestedIn(query: QueryOfPlan): number {
    return Math.max(this.#queueing === query.id ? 1 : 0, this.clients.interestedIn(query));
  }

  /** Begins to queue a client's query. Submissions of one plan must not overlap. */
  beginQueueing(query: StoredQuery, client: string): Queueing {
    let isAccepted = false;
    this.#queueing = query.id;
    this.clients.asks(query, client);
    return {
      accept: () => {
        isAccepted = true;
        this.clients.asks(query, client);
      },
      [Symbol.dispose]: () => {
        this.#queueing = undefined;
        if (!isAccepted) this.clients.withdraws(query, client);
        this.touch();
      },
    };
  }

  /** Grows with each change. */
  get version(): number {
    return this.#version.number;
  }

  /** In milliseconds since the epoch. */
  get lastUpdate(): number {
    return this.#version.last;
  }

  /** Whether partitions are missing, and none is under way or about to be queued. */
  get isWithdrawn(): boolean {
    return this.#queueing === undefined && this.partitions.isWithdrawn;
  }

  /** "no nodes", and why, if partitions wait and there is no node that could take them. */
  get missingNodes(): string | undefined {
    return this.partitions.isStanding ? this.#missingNodes : undefined;
  }

  /** Whether nothing is under way and nobody listens. */
  get isIdle(): boolean {
    return !this.#version.isAwaited && (this.partitions.isFinished || this.isWithdrawn);
  }

  /** The sum of the partials so far, of each program. */
  read(): readonly PartialResult[] {
    if (this.#read?.version !== this.version) this.#read = { version: this.version, partials: this.#sum.read() };
    return this.#read.partials;
  }

  /** How time was spent so far. */
  get timing(): ResultNote {
    return this.#sum.timeline.read(this.lastUpdate);
  }

  /** Makes failed partitions waiting again. Returns the places of all of them, and of those whose stored partials are unusable. */
  startOver(): { readonly failed: readonly number[]; readonly damaged: readonly number[] } {
    const failed = [...this.partitions.failures.keys()];
    for (const place of failed) this.partitions.set(place, "waiting");
    this.touch();
    return { failed, damaged: this.#damaged.forget(failed) };
  }

  /** Resolves at the next change after `version`, or immediately if there was one already, or when the signal aborts. */
  changeAfter(version: number, signal: AbortSignal): Promise<void> {
    const changed = this.#version.after(version, signal);
    this.#poller.awaited();
    return changed;
  }

  /** If only merging is left, waits until it is done or the signal aborts. Returns false if there was nothing to wait for. */
  async merged(signal: AbortSignal): Promise<boolean> {
    if (!this.partitions.isMerging) return false;
    while (this.partitions.isMerging && !signal.aborted) await this.changeAfter(this.version, signal);
    return true;
  }

  /** Waits until the result is stored, if it is being stored; not if that takes long. */
  async saved(): Promise<void> {
    if (this.#saving) await Promise.race([this.#saving, pause(longestSave, this.#stop.signal)]);
  }

  /** Wakes all waiters after a change of the plan or its surroundings. */
  touch(): void {
    this.#version.grow();
    this.#poller.changed();
  }

  /** Stops; once it resolves, nothing is written any more. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#poller.stop();
    this.#unpin();
    await this.#saving;
  }

  get #isOpen(): boolean {
    return !this.partitions.isFinished && !this.partitions.isMerging;
  }

  #take(event: SubtaskEvent): void {
    if (!this.partitions.take(event)) return;
    this.#missingNodes = undefined;
    this.touch();
    if (event.kind === "withdrawn" && this.isWithdrawn) this.#poller.now();
  }

  /** Updates interest in the queries and, if events may be incomplete, the open partitions and whether there are nodes. */
  async #poll(): Promise<void> {
    await this.learnInterest(this.clients.queries);
    if (!this.#services.coordinator.skipsEvents) return;
    const { version } = this;
    const before = this.missingNodes;
    const missingNodes = this.partitions.isStanding ? await describeMissingNodes(this.#services.coordinator) : undefined;
    const changed = await this.#updateOpen();
    if (this.version === version) this.#missingNodes = missingNodes;
    if (changed || this.missingNodes !== before) this.touch();
  }

  async #updateOpen(): Promise<boolean> {
    const keys = this.partitions.keysOf((state, place) => isOpen(state) && !this.#damaged.isIgnored(place));
    return keys.length > 0 && (await this.partitions.update(keys));
  }

  /** The end is told at once: all partials are stored, so a result that cannot be stored any more is merged from them again. */
  #finishBatch(): void {
    if (this.partitions.isFinished && this.partitions.failures.size === 0) {
      const saving = this.#sum.save().finally(() => {
        if (this.#saving === saving) this.#saving = undefined;
      });
      this.#saving = saving;
    }
    this.touch();
  }
}
