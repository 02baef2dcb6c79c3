/**
 * Claims subtasks, has each computed, saves the partial, then completes the claim.
 *
 *   claim → stored already              → complete   it was asked for again just as it was done
 *         → run    → partial  → saved   → complete
 *                  → failed             → fail
 *                  → undone             → release    nobody asks any more, the claim was lost, or this process stops
 *         → the store fails, or the compute function's host is away → release, then a pause that doubles
 *
 * Promises: never more than `slots` subtasks that load or compute, and `mostSaving` more that are saved meanwhile; no error ends the loop; a stop
 * releases what runs and then leaves.
 * Does not bound the memory that subtasks need: the column cache makes them wait for it.
 */
import pLimit from "p-limit";
import { followSignals } from "../../base/follow-signals.ts";
import type { Log } from "../../base/log.ts";
import { pause } from "../../base/pause.ts";
import type { Claim, JoinedNode, Subtask } from "../../coordination/coordinator.ts";
import type { HeldPartition } from "../../coordination/queue/holdings.ts";
import type { Executor, Outcome } from "../../functions/compute/executor.ts";
import type { PartialNote } from "../../functions/dispatch/answer/timeline.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import type { LabelOf } from "../../functions/metrics/metrics.ts";
import type { Store } from "../../storage/store.ts";
import { StoreError } from "../../storage/store-error.ts";

export interface PullLoop {
  /** Resolves when nothing runs any more and the node has left. */
  stop(): Promise<void>;
}

export interface PullOptions {
  readonly membership: JoinedNode;
  readonly executor: Executor;
  readonly store: Pick<Store, "putPartials" | "findPartials">;
  /** How many subtasks may load or compute at a time. */
  readonly slots: number;
  readonly prefers: (subtask: Subtask) => boolean;
  /** Called just before a subtask is claimed: what it will need may be fetched. Does not throw. */
  readonly prepare?: (subtask: Subtask) => void;
  /** Bytes in the column cache, for whoever looks at the node. */
  readonly cacheBytes: () => number;
  /** The columns in it, for other nodes to leave them to this one. */
  readonly held?: () => Iterable<HeldPartition>;
  readonly log: Log;
  readonly meter?: Meter;
  /** What people call this node; its id where that is unknown. */
  readonly name?: string;
  /** Milliseconds of the first pause after an error of the store or the coordinator. */
  readonly firstPause?: number;
}

interface Looking {
  readonly key: string;
  readonly found: Promise<ReadonlySet<string>>;
}

type Computed = Extract<Outcome, { kind: "partial" }>;

type Ending = Outcome | { readonly kind: "stored" };

/** A claimed subtask, until it is settled. */
interface Taken {
  readonly claim: Claim;
  /** Milliseconds since the epoch. */
  readonly claimed: number;
  readonly ending: Ending;
}

/** A store answers when its disk has: the threads do not wait for that. Their partials are in memory. */
const mostSaving = 28;
const computePhases = ["compiling", "loading", "thread", "computing"] as const;
const longestPause = 5_000;

export function startPullLoop(options: PullOptions): PullLoop {
  const { membership, executor, store, prefers, prepare, log, meter } = options;
  const firstPause = options.firstPause ?? 100;
  const stopping = new AbortController();
  const figures = { running: 0, done: 0, failed: 0 };
  const report = () => membership.report({ ...figures, cacheBytes: options.cacheBytes(), ...(options.held && { held: options.held }) });
  const computing = pLimit(options.slots);
  const loops = Array.from({ length: options.slots + mostSaving }, pull);

  return {
    async stop() {
      stopping.abort(new Error("The server is stopping"));
      await Promise.all(loops);
      await membership.leave();
    },
  };

  async function pull(): Promise<void> {
    const { signal } = stopping;
    let wait = firstPause;
    while (!signal.aborted) {
      try {
        await finish(await computing(take));
        wait = firstPause;
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ err: error, pause: wait }, "cannot claim, compute or save a subtask now; trying again");
        await pause(wait, signal);
        wait = Math.min(longestPause, wait * 2);
      }
    }
  }

  async function take(): Promise<Taken> {
    let looking: Looking | undefined;
    const [claim] = await membership.claim({
      signal: stopping.signal,
      most: 1,
      prefers,
      prepare(subtask) {
        prepare?.(subtask);
        looking = look(subtask.key);
      },
    });
    if (claim === undefined) throw new Error(`node ${membership.id} claims nothing more`);
    const { found } = looking?.key === claim.subtask.key ? looking : look(claim.subtask.key);
    const claimed = Date.now();
    figures.running++;
    report();
    try {
      const stored = await withStore(claim, () => found);
      return { claim, claimed, ending: stored.size > 0 ? { kind: "stored" } : await compute(claim) };
    } finally {
      figures.running--;
      report();
    }
  }

  /** Whether the store has the partial is asked while the subtask is claimed. */
  function look(key: string): Looking {
    const found = store.findPartials([key]);
    // Heard by whoever gets the claim, if anybody does.
    found.catch(() => undefined);
    return { key, found };
  }

  /** Rejects where the store fails, or the coordinator while this process stops. */
  async function finish({ claim, claimed, ending }: Taken): Promise<void> {
    switch (ending.kind) {
      case "stored":
        meter?.count("femtoq_subtasks_total", "stored");
        await settle(async () => (await membership.complete([claim]))[0]!);
        return;
      case "undone":
        meter?.count("femtoq_subtasks_total", "released");
        await settle(async () => (await membership.release([claim]))[0]!);
        return;
      case "failed":
        figures.failed++;
        meter?.count("femtoq_subtasks_total", "failed");
        log.warn({ ...describe(claim), cause: ending.cause, permanent: ending.permanent }, "a subtask failed");
        await settle(() => membership.fail(claim, ending.cause, { permanent: ending.permanent }));
        report();
        return;
      case "partial":
        if (await save(claim, ending, claimed)) await complete(claim);
        report();
    }
  }

  async function compute(claim: Claim): Promise<Ending> {
    const { programKey, dataset, partition, fingerprint } = claim.subtask;
    const { signal, release } = followSignals([claim.signal, stopping.signal]);
    try {
      const request = { programs: [programKey], dataset, partitions: [{ partition, fingerprint }] };
      const [outcome] = await withStore(claim, () => executor.run(request, { signalOf: () => signal, onRunning: () => begin(claim) }));
      return outcome!;
    } finally {
      release();
    }
  }

  /** Not waited for: what is not on record when the process dies is not counted as an attempt. */
  function begin(claim: Claim): void {
    membership
      .begin([claim])
      .catch((err: unknown) => log.warn({ ...describe(claim), err }, "that a subtask is computed could not be put on record"));
  }

  /** False for a partial that can never be kept: its subtask failed. */
  async function save(claim: Claim, { partial, timing }: Computed, claimed: number): Promise<boolean> {
    const note: PartialNote | undefined = timing && { node: options.name ?? membership.id, claimed, ...timing };
    const begun = performance.now();
    const { key } = claim.subtask;
    const [inserted] = await withStore(claim, () => store.putPartials([{ key, body: partial, note }]));
    observe("saving", performance.now() - begun);
    for (const phase of computePhases) observe(phase, timing?.[phase]);
    if (inserted instanceof StoreError) {
      await finish({ claim, claimed, ending: { kind: "failed", cause: inserted.message, permanent: true } });
      return false;
    }
    if (inserted === "different") log.error(describe(claim), "fault: a partial was computed again and differs; the first one stays");
    return true;
  }

  async function complete(claim: Claim): Promise<void> {
    const begun = performance.now();
    const isOurs = await settle(async () => (await membership.complete([claim]))[0]!);
    observe("completing", performance.now() - begun);
    meter?.count("femtoq_subtasks_total", isOurs ? "computed" : "lost");
    if (isOurs) figures.done++;
    else log.info(describe(claim), "a subtask was computed after its claim was lost");
  }

  function observe(phase: LabelOf<"femtoq_subtask_seconds">, milliseconds: number | undefined): void {
    if (milliseconds !== undefined) meter?.observe("femtoq_subtask_seconds", phase, milliseconds / 1000);
  }

  /** Where the store fails, or nothing can be computed, the claim is handed back. */
  async function withStore<T>(claim: Claim, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      return handBack(claim, error);
    }
  }

  /** Rejects with what happened: that was not the subtask's fault. */
  async function handBack(claim: Claim, error: unknown): Promise<never> {
    await settle(async () => (await membership.release([claim]))[0]!);
    throw error;
  }

  /** Tries until the coordinator takes it, or this process stops: a claim that nobody settles would hold its subtask. */
  async function settle(action: () => Promise<boolean>): Promise<boolean> {
    for (let wait = firstPause; ; wait = Math.min(longestPause, wait * 2)) {
      try {
        return await action();
      } catch (error) {
        if (stopping.signal.aborted) throw error;
        log.warn({ err: error, pause: wait }, "the coordinator cannot take what became of a claim; trying again");
        await pause(wait, stopping.signal);
      }
    }
  }
}

function describe({ subtask: { key, dataset, partition } }: Claim) {
  return { subtask: key, dataset, partition };
}
