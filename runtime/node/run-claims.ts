/** How a bundle of claims is computed. */
import { subtaskKey } from "../../base/subtask-key.ts";
import type { Claim } from "../../coordination/coordinator.ts";
import type { ComputeRequest, Executor, Outcome, PartitionName } from "../../functions/compute/executor.ts";

/**
 * Milliseconds from the first begin on after which a bundle leaves undone what it has not begun: these subtasks take longer than was expected. Twenty times
 * what was expected, so that it is not for want of processors that they are handed back.
 */
const longestBundle = 1_000;

export interface RunClaimsOptions {
  readonly executor: Executor;
  /** Aborts all of them; each claim's own signal aborts that one. */
  readonly signal: AbortSignal;
  /** The columns of these are in memory, and computing begins. May be called again for the same claims. */
  readonly onBegin: (claims: readonly Claim[]) => void;
  /** They are computed together, and take longer than was expected: each should be claimed alone. Those of several clients are left undone. */
  readonly onTooLong: (claims: readonly Claim[]) => void;
}

interface Task {
  readonly claim: Claim;
  /** Aborts what is computed of it. */
  readonly computing: AbortController;
  /** Nobody wants it any more. */
  readonly onAbort: () => void;
}

/**
 * By subtask key, one outcome for each: all at a time where a bundle takes as long as it should, else as they come, so that nobody waits for what is long.
 * Throws where nothing can be computed now, and then nothing of it runs any more. It is to be asked to the end.
 */
export async function* runClaims(
  claims: readonly Claim[],
  { executor, signal, onBegin, onTooLong }: RunClaimsOptions,
): AsyncGenerator<ReadonlyMap<string, Outcome>> {
  const tasks = new Map(claims.map((claim) => [claim.subtask.key, toTask(claim)]));
  const taskOf = (programKey: string, fingerprint: string) => tasks.get(subtaskKey(programKey, fingerprint))!;
  /** The client whose turn a partition was pays for all that is computed over it. */
  const payers = new Map(claims.toReversed().map((claim) => [claim.subtask.fingerprint, claim]));
  const unbegun = new Set(tasks.values());
  /** What each request that runs is of. */
  const running = new Map<Promise<void>, readonly Claim[]>();
  let done = new Map<string, Outcome>();
  /** Those that have their outcome. */
  const given = new Set<string>();
  let wake = () => {};
  let failure: { readonly error: unknown } | undefined;
  let isLate = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const compute = async (request: ComputeRequest, keys: readonly string[]): Promise<void> => {
    const outcomes = await executor.run(request, {
      signalOf: (programKey, fingerprint) => taskOf(programKey, fingerprint).computing.signal,
      payerOf: (_programKey, fingerprint) => payers.get(fingerprint)!,
      onRunning(programKeys, fingerprint) {
        const begun = programKeys.map((programKey) => taskOf(programKey, fingerprint));
        for (const task of begun) unbegun.delete(task);
        timer ??= setTimeout(handBack, longestBundle);
        onBegin(begun.map(({ claim }) => claim));
      },
    });
    for (const [index, key] of keys.entries()) {
      if (!given.has(key)) done.set(key, outcomes[index]!);
      given.add(key);
    }
  };
  const handBack = () => {
    isLate = true;
    for (const task of unbegun) task.computing.abort(new Error("those before it took longer than was expected"));
    for (const together of running.values()) {
      onTooLong(together);
      if (new Set(together.map(({ client }) => client)).size < 2) continue;
      for (const { subtask } of together)
        tasks.get(subtask.key)!.computing.abort(new Error("what it was computed with took longer than was expected"));
    }
    wake();
  };

  /** Whoever computes goes on for the others; what nobody wants any more is given back at once. */
  function toTask(claim: Claim): Task {
    const { key } = claim.subtask;
    const computing = new AbortController();
    const onAbort = () => {
      computing.abort(claim.signal.reason);
      if (given.has(key)) return;
      given.add(key);
      done.set(key, { kind: "undone", cause: "nobody wants it any more" });
      wake();
    };
    return { claim, computing, onAbort };
  }
  const abortAll = () => {
    for (const { computing } of tasks.values()) computing.abort(signal.reason);
  };
  signal.addEventListener("abort", abortAll);
  if (signal.aborted) abortAll();
  for (const { claim, computing, onAbort } of tasks.values()) {
    if (claim.signal.aborted) computing.abort(claim.signal.reason);
    claim.signal.addEventListener("abort", onAbort, { once: true });
  }

  for (const request of groupClaims(claims)) {
    const keys = keysOf(request);
    const computing: Promise<void> = compute(request, keys)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => running.delete(computing));
    running.set(
      computing,
      keys.map((key) => tasks.get(key)!.claim),
    );
  }
  try {
    while (running.size > 0 || done.size > 0) {
      const isWoken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (done.size === 0) await Promise.race([isWoken, ...(isLate ? running.keys() : [Promise.all(running.keys())])]);
      const ready = done;
      done = new Map();
      if (ready.size > 0) yield ready;
    }
    if (failure) throw failure.error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abortAll);
    for (const { claim, onAbort } of tasks.values()) claim.signal.removeEventListener("abort", onAbort);
  }
}

/** The keys of a request's subtasks, in the order of its outcomes. */
const keysOf = ({ programs, partitions }: ComputeRequest): readonly string[] =>
  partitions.flatMap(({ fingerprint }) => programs.map((programKey) => subtaskKey(programKey, fingerprint)));

/** Each claim in one request: programs over one partition together, and with them the partitions of the dataset that are claimed for the same programs. */
export function groupClaims(claims: readonly Pick<Claim, "subtask">[]): readonly ComputeRequest[] {
  const places = new Map<string, { readonly dataset: string; readonly name: PartitionName; readonly programs: string[] }>();
  for (const { subtask } of claims) {
    const { programKey, dataset, partition, fingerprint } = subtask;
    const key = JSON.stringify([dataset, fingerprint]);
    const place = places.get(key) ?? { dataset, name: { partition, fingerprint }, programs: [] };
    places.set(key, place);
    place.programs.push(programKey);
  }
  const requests = new Map<string, ComputeRequest & { readonly partitions: PartitionName[] }>();
  for (const { dataset, name, programs } of places.values()) {
    const key = JSON.stringify([dataset, programs.sort()]);
    const request = requests.get(key) ?? { programs, dataset, partitions: [] };
    requests.set(key, request);
    request.partitions.push(name);
  }
  return [...requests.values()];
}
