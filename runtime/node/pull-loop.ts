/**
 * Claims subtasks, several short ones together, and brings each to its end:
 *
 *   claim → stored already             → complete   it was asked for again just as it was done
 *         → compute → partial → saved  → complete
 *                             → never kept → fail
 *                   → failed           → fail
 *                   → undone           → release    nobody wants it any more, the claim was lost, its turn did not come, or this process stops
 *         → the store fails, or the compute function's host is away → release, then a pause that doubles
 *
 * Promises: never more bundles of claims that load or compute than there are `slots`, of which some are kept for clients of whom the node computes nothing
 * (`claim-slots.ts`), and `mostSaving` more whose partials are saved meanwhile; a bundle is one
 * subtask, or some that should take 50 ms together (`bundle-size.ts`), with those that wait for the same partition; no error ends the loop; a stop hands back what has not begun, lets the rest come to
 * its end for a while, hands that back as well, and then leaves.
 * Does not bound the memory that subtasks need: the column cache makes them wait for it.
 */
import type { Log } from "../../base/log.ts";
import { pause } from "../../base/pause.ts";
import { type Backoff, pauseAfter, usualBackoff } from "../../base/retry.ts";
import type { Claim, ClaimOptions, JoinedNode, Subtask } from "../../coordination/coordinator.ts";
import type { HeldPartition } from "../../coordination/queue/holdings.ts";
import { type Executor, mostPrograms, type Outcome } from "../../functions/compute/executor.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import type { Store } from "../../storage/store.ts";
import { BundleSize } from "./bundle-size.ts";
import { createSlots, type SlotNumbers } from "./claim-slots.ts";
import { createClaimEnds, describe, type Ended } from "./end-claims.ts";
import { createFinder } from "./find-stored.ts";
import { runClaims } from "./run-claims.ts";

export interface PullLoop {
  /** Resolves when nothing runs any more and the node has left. What runs has `grace` milliseconds, none where absent, to come to its end. */
  stop(grace?: number): Promise<void>;
}

export interface PullOptions {
  readonly node: JoinedNode;
  readonly executor: Executor;
  readonly store: Pick<Store, "putPartials" | "putPartialsWithin" | "findPartials">;
  /** How many bundles of claims may load or compute at a time. */
  readonly slots: SlotNumbers;
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
  /** After errors of the store or the coordinator. */
  readonly backoff?: Backoff;
}

interface Bundle {
  readonly claims: readonly Claim[];
  /** Of which the store has the partials; it is asked while they are claimed. */
  readonly found: Promise<ReadonlySet<string>>;
}

/** A store answers when its disk has: the threads do not wait for that. Their partials are in memory. */
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

  /** Resolves when nothing is loaded or computed any more; `endings` when all claims have ended. */
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
      // Heard when all are computed.
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
    for (const { subtask } of claims) {
      const outcome = outcomes.get(subtask.key);
      if (outcome?.kind !== "partial" || !outcome.timing || outcome.timing.skipped) continue;
      const { reading, decoding, computing: ran } = outcome.timing;
      bundleSize.note(subtask, reading + decoding + ran);
    }
  }

  function onTooLong(claims: readonly Claim[]): void {
    for (const { subtask } of claims) bundleSize.noteTooLong(subtask);
  }

  /** Not waited for: what is not on record when the process dies does not count as an attempt. Told once for all that begin in one turn, and before any of them ends. */
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
