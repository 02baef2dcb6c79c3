/**
 * Ends the claims of a node after computing: each is released, fails, or is completed after its partial is stored.
 *
 * If store and coordinator share one environment, partials and the ends of their claims are written in one transaction; otherwise partials are written first.
 * Guarantees: no claim is completed before its partial is on disk; if the store fails, claims are handed back.
 */
import type { Log } from "../../base/log.ts";
import { type Backoff, retry } from "../../base/retry.ts";
import type { Claim, JoinedNode } from "../../coordination/coordinator.ts";
import type { Outcome } from "../../functions/compute/executor.ts";
import type { PartialNote } from "../../functions/dispatch/answer/timeline.ts";
import type { Meter } from "../../functions/metrics/meter.ts";
import type { LabelOf } from "../../functions/metrics/metrics.ts";
import type { Inserted, NewPartial, Store } from "../../storage/store.ts";
import { StoreError } from "../../storage/store-error.ts";

type Stored = { readonly kind: "stored" };
type Computed = Extract<Outcome, { kind: "partial" }>;
type Failed = Extract<Outcome, { kind: "failed" }>;

/** A claimed subtask and its ending; `stored` means that the store had its partial already. */
export interface Ended<Ending = Outcome | Stored> {
  readonly claim: Claim;
  /** Milliseconds since the epoch. */
  readonly claimed: number;
  readonly ending: Ending;
}

interface EndOptions {
  readonly node: JoinedNode;
  readonly store: Pick<Store, "putPartials" | "putPartialsWithin">;
  readonly log: Log;
  readonly meter?: Meter;
  /** The node's name for people; its id by default. */
  readonly name?: string;
  readonly backoff: Backoff;
  /** Counts the completed and failed claims. */
  readonly figures: { done: number; failed: number };
  /** Aborts when the process stops. */
  readonly signal: AbortSignal;
  readonly onEnded: () => void;
}

/** The most partials, and bytes of them, that are written in one transaction together with the ends of claims. */
const mostTogether = 64;
const mostBytesTogether = 4 * 2 ** 20;

type Phase = LabelOf<"femtoq_subtask_seconds">;
const phases = ["compiling", "loading", "thread", "computing", "saving", "completing"] as const satisfies readonly Phase[];

type Completing = (claims: readonly Claim[]) => Promise<readonly boolean[]>;

export function createClaimEnds(options: EndOptions) {
  const { node, store, log, meter, backoff, figures, signal, onEnded } = options;

  return { endClaims, orHandBack };

  /** Ends all claims. Rejects if the store fails, or if the coordinator fails while this process stops. */
  async function endClaims(all: readonly Ended[]): Promise<void> {
    await release(ofKind(all, "undone"));
    for (const each of ofKind(all, "failed")) await fail(each);
    await complete(ofKind(all, "stored"), "stored");
    await saveAndComplete(ofKind(all, "partial"));
    if (all.length > 0) onEnded();
  }

  async function release(undone: readonly Ended<Outcome>[]): Promise<void> {
    if (undone.length === 0) return;
    meter?.count("femtoq_subtasks_total", "released", undone.length);
    await repeatUntilAccepted(() => node.release(undone.map(({ claim }) => claim)));
  }

  async function fail({ claim, ending: { cause, permanent } }: Ended<Failed>): Promise<void> {
    figures.failed++;
    meter?.count("femtoq_subtasks_total", "failed");
    log.warn({ ...describe(claim), cause, permanent }, "a subtask failed");
    await repeatUntilAccepted(() => node.fail(claim, cause, { permanent }));
  }

  /** Stores partials and completes their claims. A claim fails if its partial is too large ever to be kept. */
  async function saveAndComplete(computed: readonly Ended<Computed>[]): Promise<void> {
    if (computed.length === 0) return;
    const partials = computed.map(({ claim, claimed, ending: { partial, timing } }): NewPartial => {
      const note: PartialNote | undefined = timing && { node: options.name ?? node.id, claimed, ...timing };
      return { key: claim.subtask.key, body: partial, note };
    });
    const claims = computed.map(({ claim }) => claim);
    const begun = performance.now();
    const { inserted, completing } = await orHandBack(claims, () => writePartials(partials, claims));
    const saving = performance.now() - begun;
    const saved: Ended<Computed>[] = [];
    for (const [index, each] of computed.entries()) {
      observe({ ...each.ending.timing, saving });
      const answer = inserted[index]!;
      if (answer instanceof StoreError) await fail({ ...each, ending: { kind: "failed", cause: answer.message, permanent: true } });
      else saved.push(each);
      if (answer === "different") log.error(describe(each.claim), "fault: a partial was computed again and differs; the first one stays");
    }
    await complete(saved, "computed", completing);
  }

  /** Writes partials. `completing` has the answers for claims that were completed in the same transaction; it is absent if they must still be completed. */
  async function writePartials(
    partials: readonly NewPartial[],
    claims: readonly Claim[],
  ): Promise<{ readonly inserted: readonly (Inserted | StoreError)[]; readonly completing?: Completing }> {
    const { completeAlong } = node;
    const { putPartialsWithin } = store;
    const bytes = partials.reduce((sum, { body }) => sum + body.length, 0);
    if (!completeAlong || !putPartialsWithin || partials.length > mostTogether || bytes > mostBytesTogether)
      return { inserted: await store.putPartials(partials) };
    let inserted: readonly (Inserted | StoreError)[] = [];
    const isOurs = await completeAlong(claims, () => {
      inserted = putPartialsWithin(partials);
      return inserted.map((answer) => !(answer instanceof StoreError));
    });
    return { inserted, completing: async (those) => those.map((claim) => isOurs[claims.indexOf(claim)]!) };
  }

  async function complete(
    stored: readonly Ended[],
    outcome: "stored" | "computed",
    completing: Completing = (claims) => repeatUntilAccepted(() => node.complete(claims)),
  ): Promise<void> {
    if (stored.length === 0) return;
    const begun = performance.now();
    const isOurs = await completing(stored.map(({ claim }) => claim));
    const took = performance.now() - begun;
    for (const [index, { claim }] of stored.entries()) {
      if (outcome === "computed") observe({ completing: took });
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

  /** Does the action; if it fails, which is not the subtasks' fault, the claims are handed back. */
  async function orHandBack<T>(claims: readonly Claim[], action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (claims.length > 0) await repeatUntilAccepted(() => node.release(claims));
      throw error;
    }
  }

  /** Repeats the action until the coordinator accepts it or this process stops, since a claim that never ends would block its subtask. */
  function repeatUntilAccepted<T>(action: () => Promise<T>): Promise<T> {
    const onFailure = (err: unknown, wait: number) =>
      log.warn({ err, pause: wait }, "the coordinator cannot take what became of claims; trying again");
    return retry(action, { signal, onFailure, backoff });
  }
}

function ofKind<Kind extends Ended["ending"]["kind"]>(all: readonly Ended[], kind: Kind) {
  return all.filter((each): each is Ended<Extract<Outcome | Stored, { readonly kind: Kind }>> => each.ending.kind === kind);
}

export function describe({ subtask: { key, dataset, partition } }: Claim) {
  return { subtask: key, dataset, partition };
}
