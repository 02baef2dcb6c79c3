/**
 * Claims subtasks, several short ones together, and brings each to its end:
 *
 *   claim → stored already             → complete   it was queued again just when it was done
 *         → compute → partial → saved  → complete
 *                             → never kept → fail
 *                   → failed           → fail
 *                   → undone           → release    nobody wants it any more, the claim was lost, its turn did not come, or this process stops
 *         → the store fails, or the compute function's host is away → release, then a pause that doubles
 *
 * A bundle is one subtask, or several that should take 50 ms together (`bundle-size.ts`), with those that wait for the same partition.
 *
 * Guarantees: there are never more bundles that load or compute than `slots`, some of which are kept for clients for whom the node computes nothing
 * (`claim-slots.ts`), and at most `mostSaving` more whose partials are being saved. No error ends the loop. Stopping hands back what has not begun, gives
 * the rest some time to finish, hands back what is left, and then leaves.
 * Not guaranteed: it does not bound the memory that subtasks need; the column cache makes them wait for memory.
 */
import type { Log } from "../../base/log.ts";
import { pause } from "../../base/pause.ts";
import { type Backoff, pauseAfter, usualBackoff } from "../../base/retry.ts";
import type { Claim, ClaimOptions, JoinedNode, Subtask } from "../../coordination/coordinator.ts";
import type { HeldPartition } from "../../coordination/queue/holdings.ts";
import { type Executor, mostPrograms, type Outcome } from "../../functions/compute/executor.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import type { Store } from "../../storage/store.ts";
import { BundleSize, type TimedSubtask } from "./bundle-size.ts";
import { createSlots, type SlotNumbers } from "./claim-slots.ts";
import { createClaimEnds, describe, type Ended } from "./end-claims.ts";
import { createFinder } from "./find-stored.ts";
import { runClaims } from "./run-claims.ts";

export interface PullLoop {
  /** Resolves when nothing runs any more and the node has left. Runs have `grace` milliseconds, by default 0, to finish. */
  stop(grace?: number): Promise<void>;
}

export interface PullOptions {
  readonly node: JoinedNode;
  readonly executor: Executor;
  readonly store: Pick<Store, "putPartials" | "putPartialsWithin" | "findPartials">;
  /** The most bundles of claims that load or compute at a time. */
  readonly slots: SlotNumbers;
  readonly prefers: (subtask: Subtask) => boolean;
  /** Called just before a subtask is claimed, so that what it needs can be fetched early. Must not throw. */
  readonly prepare?: (subtask: Subtask) => void;
  /** The bytes in the column cache, for the page's view of the node. */
  readonly cacheBytes: () => number;
  /** The columns that this node holds, so that other nodes leave their subtasks to it. */
  readonly held?: () => Iterable<HeldPartition>;
  readonly log: Log;
  readonly meter?: Meter;
  /** The node's name for people; its id by default. */
  readonly name?: string;
  /** The pauses after errors of the store or the coordinator. */
  readonly backoff?: Backoff;
}

interface Bundle {
  readonly claims: readonly Claim[];
  /** The keys with a partial in the store, which is asked while the subtasks are claimed. */
  readonly found: Promise<ReadonlySet<string>>;
}

/** The most bundles whose partials are being saved. The threads do not wait for the store's disk; these partials stay in memory meanwhile. */
const mostSaving = 28;

export function startPullLoop(options: PullOptions): PullLoop {
  const { node, executor, store, prefers, prepare, log, slots, backoff = usualBackoff } = options;
  const stopping = new AbortController();
  const figures = { running: 0, done: 0, failed: 0 };
  const report = () => node.report({ ...figures, cacheBytes: options.cacheBytes(), ...(options.held && { held: options.held }) });
  const findStored = createFinder(store);
  const bundleSize = new BundleSize();
  let isDraining = false;
  let begun: Claim[] = [];
  const inSlot = createSlots(slots);
  const { endClaims, orHandBack } = createClaimEnds({ ...options, backoff, figures, signal: stopping.signal, onEnded: report });
  const loops = Array.from({ length: slots.anybody + slots.newcomers + mostSaving }, pull);

  return {
    async stop(grace = 0) {
      isDraining = true;
      const drained = node.drain().catch((err: unknown) => log.warn({ err }, "the node could not hand back what it had not begun"));
      const ended = new AbortController();
      await Promise.race([Promise.all([drained, ...loops]), pause(grace, ended.signal)]);
      ended.abort();
      stopping.abort(new Error("The server is stopping"));
      await Promise.all(loops);
      await node.leave();
    },
  };

  async function pull(): Promise<void> {
    for (let failures = 0; !isDraining; ) {
      try {
        const { endings } = await inSlot(claimAndCompute);
        await Promise.all(endings);
        failures = 0;
      } catch (error) {
        if (isDraining) return;
        const wait = pauseAfter(++failures, backoff);
        log.warn({ err: error, pause: wait }, "cannot claim, compute or save subtasks now; trying again");
        await pause(wait, stopping.signal);
      }
    }
  }

  /** Resolves when the bundle is computed; `endings` resolve when all its claims have ended. */
  async function claimAndCompute(slot: Pick<ClaimOptions, "newcomersOnly">): Promise<{ readonly endings: readonly Promise<void>[] }> {
    await executor.ready?.(stopping.signal);
    return { endings: await compute(await claimBundle(slot)) };
  }

  async function compute({ claims, found }: Bundle): Promise<readonly Promise<void>[]> {
    const claimed = Date.now();
    const endings: Promise<void>[] = [];
    const end = (those: readonly Ended[]) => {
      if (those.length === 0) return;
      tellBegun();
      node.computed(those.map(({ claim }) => claim));
      const ending = endClaims(those);
      // Marked as handled, since it is awaited only when all are computed.
      ending.catch(() => undefined);
      endings.push(ending);
    };
    figures.running += claims.length;
    report();
    try {
      return await orHandBack(claims, async () => {
        const stored = await found;
        const wanted = claims.filter(({ subtask }) => !stored.has(subtask.key));
        let ended: Ended[] = claims
          .filter((claim) => !wanted.includes(claim))
          .map((claim) => ({ claim, claimed, ending: { kind: "stored" } }));
        for await (const outcomes of runClaims(wanted, { executor, signal: stopping.signal, onBegin: begin, onTooLong })) {
          remember(wanted, outcomes);
          for (const claim of wanted) {
            const ending = outcomes.get(claim.subtask.key);
            if (ending) ended.push({ claim, claimed, ending });
          }
          end(ended);
          ended = [];
        }
        end(ended);
        return endings;
      });
    } finally {
      figures.running -= claims.length;
      report();
    }
  }

  async function claimBundle(slot: Pick<ClaimOptions, "newcomersOnly">): Promise<Bundle> {
    const asked = new Map<string, Promise<ReadonlySet<string>>>();
    const claims = await node.claim({
      signal: stopping.signal,
      most: bundleSize.most,
      least: bundleSize.least,
      comesAlone: (subtask) => bundleSize.comesAlone(subtask),
      costOf: (subtask) => bundleSize.costOf(subtask),
      mostOverPartition: mostPrograms,
      prefers,
      ...slot,
      prepare(subtask) {
        prepare?.(subtask);
        asked.set(subtask.key, findStored(subtask.key));
      },
    });
    const all = Promise.all(claims.map(({ subtask: { key } }) => asked.get(key) ?? findStored(key)));
    const found = all.then((sets) => new Set(sets.flatMap((set) => [...set])));
    found.catch(() => undefined);
    return { claims, found };
  }

  function remember(claims: readonly Claim[], outcomes: ReadonlyMap<string, Outcome>): void {
    const times = claims.flatMap(({ subtask }): readonly TimedSubtask[] => {
      const outcome = outcomes.get(subtask.key);
      if (outcome?.kind !== "partial" || !outcome.timing || outcome.timing.skipped) return [];
      const { reading, decoding, computing: ran } = outcome.timing;
      return [{ subtask, milliseconds: reading + decoding + ran }];
    });
    bundleSize.note(times);
  }

  function onTooLong(claims: readonly Claim[]): void {
    for (const { subtask } of claims) bundleSize.noteTooLong(subtask);
  }

  /** Tells the coordinator that computing begins, once for all claims in one turn and before any of them ends. Not awaited: an unrecorded begin only counts no attempt. */
  function begin(claims: readonly Claim[]): void {
    if (begun.push(...claims) === claims.length) setImmediate(tellBegun);
  }

  function tellBegun(): void {
    if (begun.length === 0) return;
    const claims = begun;
    begun = [];
    node
      .begin(claims)
      .catch((err: unknown) => log.warn({ ...describe(claims[0]!), err }, "that subtasks are computed could not be put on record"));
  }
}
