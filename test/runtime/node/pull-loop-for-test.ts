/** Makes a pull loop over a node that hands out claims, and tells a test what becomes of them. */
import type { Claim, ClaimOptions, JoinedNode, Subtask } from "../../../coordination/coordinator.ts";
import type { Executor, Outcome } from "../../../functions/compute/executor.ts";
import { type PullOptions, startPullLoop } from "../../../runtime/node/pull-loop.ts";
import { recordingLog } from "../silent-log.ts";

export interface FakeClaim {
  readonly claim: Claim;
  readonly record: (what: string) => Promise<boolean>;
  readonly abort: AbortController;
  /** What became of it, in order: `begin`, `complete`, `fail CAUSE`, `fail for good CAUSE`, `release`. */
  readonly history: string[];
}

export function fakeClaim(
  partition: number,
  settle: (what: string) => Promise<boolean> = async () => true,
  { programKey = "program", client = "ana" } = {},
): FakeClaim {
  const abort = new AbortController();
  const history: string[] = [];
  const record = (what: string) => {
    history.push(what);
    return settle(what);
  };
  const subtask: Subtask = { key: `${programKey}:f${partition}`, programKey, fingerprint: `f${partition}`, dataset: "d", partition };
  return { claim: { subtask, priority: 500, client, signal: abort.signal }, record, abort, history };
}

/** A joined node that hands out these claims, `together` at a time, and then none. */
export function handOut(claims: readonly FakeClaim[], together = 1) {
  const left = [...claims];
  const seen = { left: false, most: 0, asked: [] as number[], comesAlone: undefined as ClaimOptions["comesAlone"], calls: [] as string[] };
  const draining = new AbortController();
  const recordAll = (those: readonly Claim[], what: string) => {
    seen.calls.push(`${what} ${those.length}`);
    return Promise.all(those.map((claim) => claims.find((fake) => fake.claim === claim)!.record(what)));
  };
  const node: JoinedNode = {
    id: "node",
    begin: async (those) => void (await recordAll(those, "begin")),
    computed: () => undefined,
    complete: (those) => recordAll(those, "complete"),
    release: (those) => recordAll(those, "release"),
    fail: async (claim, cause, options) => (await recordAll([claim], `fail${options?.permanent ? " for good" : ""} ${cause}`))[0]!,
    drain: async () => draining.abort(),
    claim: ({ signal, most, comesAlone, prepare }) => {
      seen.asked.push(most);
      seen.comesAlone = comesAlone;
      if (draining.signal.aborted) return Promise.resolve([]);
      const next = left.splice(0, together).map(({ claim }) => claim);
      for (const { subtask } of next) prepare?.(subtask);
      if (next.length > 0) return Promise.resolve(next);
      return new Promise((resolve, reject) => {
        draining.signal.addEventListener("abort", () => resolve([]), { once: true });
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    },
    report: ({ running }) => {
      seen.most = Math.max(seen.most, running);
    },
    leave: async () => {
      seen.left = true;
    },
  };
  return { node, seen };
}

export const takes: PullOptions["store"] = {
  putPartials: async (partials) => partials.map(() => "inserted"),
  findPartials: async () => new Set(),
};

type Choices = Partial<Omit<PullOptions, "slots">> & {
  readonly run: Run;
  readonly together?: number;
  /** A number: for anybody. */
  readonly slots?: number | PullOptions["slots"];
};

export function pull(claims: readonly FakeClaim[], options: Choices) {
  const { run, together, slots = 2, ...others } = options;
  const { node, seen } = handOut(claims, together);
  const { log, lines } = recordingLog();
  const loop = startPullLoop({
    node,
    executor: { run },
    store: takes,
    slots: typeof slots === "number" ? { anybody: slots, newcomers: 0 } : slots,
    prefers: () => false,
    cacheBytes: () => 0,
    log,
    backoff: { first: 1, longest: 1 },
    ...others,
  });
  return { loop, seen, lines };
}

export type Run = Executor["run"];

export const partial = new Uint8Array([1, 2, 3]);
export const computes: Run = async ({ programs, partitions }, { onRunning }) =>
  partitions.flatMap(({ fingerprint }) => {
    onRunning?.(programs, fingerprint);
    return programs.map((): Outcome => ({ kind: "partial", partial }));
  });
/** Runs until it is aborted. */
export const runsOn: Run = ({ programs: [program], partitions: [{ fingerprint }] }, { signalOf, onRunning }) =>
  new Promise((resolve) => {
    onRunning?.([program], fingerprint);
    signalOf(program, fingerprint).addEventListener("abort", () => resolve([{ kind: "undone", cause: "aborted" }]), { once: true });
  });
