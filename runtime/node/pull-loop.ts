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
import { type Backoff, pauseAfter, retry, usualBackoff } from "../../base/retry.ts";
import type { Claim, ClaimOptions, JoinedNode, Subtask } from "../../coordination/coordinator.ts";
import type { HeldPartition } from "../../coordination/queue/holdings.ts";
import { type Executor, mostPrograms, type Outcome } from "../../functions/compute/executor.ts";
import type { PartialNote } from "../../functions/dispatch/answer/timeline.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import type { LabelOf } from "../../functions/metrics/metrics.ts";
import type { Store } from "../../storage/store.ts";
import { StoreError } from "../../storage/store-error.ts";
import { BundleSize } from "./bundle-size.ts";
import { createSlots, type SlotNumbers } from "./claim-slots.ts";
import { createFinder } from "./find-stored.ts";
import { runClaims } from "./run-claims.ts";

export interface PullLoop {
  /** Resolves when nothing runs any more and the node has left. What runs has `grace` milliseconds, none where absent, to come to its end. */
  stop(grace?: number): Promise<void>;
}

export interface PullOptions {
  readonly node: JoinedNode;
  readonly executor: Executor;
  readonly store: Pick<Store, "putPartials" | "findPartials">;
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

type Stored = { readonly kind: "stored" };
type Computed = Extract<Outcome, { kind: "partial" }>;
type Failed = Extract<Outcome, { kind: "failed" }>;

/** A claimed subtask and what became of it. */
interface Ended<Ending> {
  readonly claim: Claim;
  /** Milliseconds since the epoch. */
  readonly claimed: number;
  readonly ending: Ending;
}

interface Bundle {
  readonly claims: readonly Claim[];
  /** Of which the store has the partials; it is asked while they are claimed. */
  readonly found: Promise<ReadonlySet<string>>;
}

/** A store answers when its disk has: the threads do not wait for that. Their partials are in memory. */
const mostSaving = 28;
type Phase = LabelOf<"femtoq_subtask_seconds">;
const phases = ["compiling", "loading", "thread", "computing", "saving", "completing"] as const satisfies readonly Phase[];

export function startPullLoop(options: PullOptions): PullLoop {
  const { node, executor, store, prefers, prepare, log, meter, slots, backoff = usualBackoff } = options;
  const stopping = new AbortController();
  const figures = { running: 0, done: 0, failed: 0 };
  const report = () => node.report({ ...figures, cacheBytes: options.cacheBytes(), ...(options.held && { held: options.held }) });
  const findStored = createFinder(store);
  const bundleSize = new BundleSize();
  let isDraining = false;
  const inSlot = createSlots(slots);
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
    const end = (those: readonly Ended<Outcome | Stored>[]) => {
      if (those.length === 0) return;
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
        let ended: Ended<Outcome | Stored>[] = claims
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
      comesAlone: ({ programKey }) => bundleSize.comesAlone(programKey),
      costOf: ({ programKey }) => bundleSize.costOf(programKey),
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
      if (outcome?.kind !== "partial" || !outcome.timing) continue;
      const { reading, decoding, computing: ran } = outcome.timing;
      bundleSize.note(subtask.programKey, reading + decoding + ran);
    }
  }

  function onTooLong(claims: readonly Claim[]): void {
    for (const { subtask } of claims) bundleSize.noteTooLong(subtask.programKey);
  }

  /** Not waited for: what is not on record when the process dies does not count as an attempt. */
  function begin(claims: readonly Claim[]): void {
    node
      .begin(claims)
      .catch((err: unknown) => log.warn({ ...describe(claims[0]!), err }, "that subtasks are computed could not be put on record"));
  }

  /** Rejects where the store fails, or the coordinator while this process stops. */
  async function endClaims(all: readonly Ended<Outcome | Stored>[]): Promise<void> {
    await release(ofKind(all, "undone"));
    for (const each of ofKind(all, "failed")) await fail(each);
    await complete(ofKind(all, "stored"), "stored");
    const saved = await save(ofKind(all, "partial"));
    await complete(saved, "computed");
    if (all.length > 0) report();
  }

  async function release(undone: readonly Ended<Outcome>[]): Promise<void> {
    if (undone.length === 0) return;
    meter?.count("femtoq_subtasks_total", "released", undone.length);
    await insist(() => node.release(undone.map(({ claim }) => claim)));
  }

  async function fail({ claim, ending: { cause, permanent } }: Ended<Failed>): Promise<void> {
    figures.failed++;
    meter?.count("femtoq_subtasks_total", "failed");
    log.warn({ ...describe(claim), cause, permanent }, "a subtask failed");
    await insist(() => node.fail(claim, cause, { permanent }));
  }

  /** Gives those whose partials are stored; one that can never be kept has failed. */
  async function save(computed: readonly Ended<Computed>[]): Promise<readonly Ended<Computed>[]> {
    if (computed.length === 0) return [];
    const begun = performance.now();
    const partials = computed.map(({ claim, claimed, ending: { partial, timing } }) => {
      const note: PartialNote | undefined = timing && { node: options.name ?? node.id, claimed, ...timing };
      return { key: claim.subtask.key, body: partial, note };
    });
    const claims = computed.map(({ claim }) => claim);
    const inserted = await orHandBack(claims, () => store.putPartials(partials));
    const saving = performance.now() - begun;
    const saved: Ended<Computed>[] = [];
    for (const [index, each] of computed.entries()) {
      observe({ ...each.ending.timing, saving });
      const answer = inserted[index]!;
      if (answer instanceof StoreError) await fail({ ...each, ending: { kind: "failed", cause: answer.message, permanent: true } });
      else saved.push(each);
      if (answer === "different") log.error(describe(each.claim), "fault: a partial was computed again and differs; the first one stays");
    }
    return saved;
  }

  async function complete(stored: readonly Ended<Outcome | Stored>[], outcome: "stored" | "computed"): Promise<void> {
    if (stored.length === 0) return;
    const begun = performance.now();
    const isOurs = await insist(() => node.complete(stored.map(({ claim }) => claim)));
    const completing = performance.now() - begun;
    for (const [index, { claim }] of stored.entries()) {
      if (outcome === "computed") observe({ completing });
      meter?.count("femtoq_subtasks_total", outcome === "computed" && !isOurs[index] ? "lost" : outcome);
      if (outcome === "stored") continue;
      if (isOurs[index]) figures.done++;
      else log.info(describe(claim), "a subtask was computed after its claim was lost");
    }
  }

  function observe(milliseconds: Partial<Record<Phase, number>>): void {
    for (const phase of phases) {
      const time = milliseconds[phase];
      if (time !== undefined) meter?.observe("femtoq_subtask_seconds", phase, time / 1000);
    }
  }

  /** Where the action fails, which is not the subtasks' fault, the claims are handed back. */
  async function orHandBack<T>(claims: readonly Claim[], action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (claims.length > 0) await insist(() => node.release(claims));
      throw error;
    }
  }

  /** Tries until the coordinator takes it, or this process stops: a claim that nobody ends would hold its subtask. */
  function insist<T>(action: () => Promise<T>): Promise<T> {
    const onFailure = (err: unknown, wait: number) =>
      log.warn({ err, pause: wait }, "the coordinator cannot take what became of claims; trying again");
    return retry(action, { signal: stopping.signal, onFailure, backoff });
  }
}

function ofKind<Kind extends (Outcome | Stored)["kind"]>(all: readonly Ended<Outcome | Stored>[], kind: Kind) {
  return all.filter((each): each is Ended<Extract<Outcome | Stored, { readonly kind: Kind }>> => each.ending.kind === kind);
}

function describe({ subtask: { key, dataset, partition } }: Claim) {
  return { subtask: key, dataset, partition };
}
