/** Computes a bundle of claims. */
import { subtaskKey } from "../../base/subtask-key.ts";
import type { Claim } from "../../coordination/coordinator.ts";
import type { ComputeRequest, Executor, Outcome, PartitionName } from "../../functions/compute/executor.ts";

/**
 * In milliseconds, from the first begin: after this, a bundle leaves undone what it has not begun, since its subtasks take longer than expected. It is twenty
 * times the expected time, so that a busy processor is not the reason.
 */
const longestBundle = 1_000;

export interface RunClaimsOptions {
  readonly executor: Executor;
  /** Aborts all claims; each claim's own signal aborts that one. */
  readonly signal: AbortSignal;
  /** Called when the columns of these claims are in memory and computing begins; perhaps again for the same claims. */
  readonly onBegin: (claims: readonly Claim[]) => void;
  /** Called when claims that are computed together take longer than expected, so that each should be claimed alone. Those of several clients are left undone. */
  readonly onTooLong: (claims: readonly Claim[]) => void;
}

interface Task {
  readonly claim: Claim;
  /** Aborts computing it. */
  readonly computing: AbortController;
  /** Called when nobody wants it any more. */
  readonly onAbort: () => void;
}

/**
 * Yields one outcome for each claim, by subtask key: all at once if the bundle takes no longer than expected, otherwise as they come, so that no subtask waits
 * for a long one. Throws if nothing can be computed now; then nothing runs any more. Callers must iterate to the end.
 */
export async function* runClaims(
  claims: readonly Claim[],
  { executor, signal, onBegin, onTooLong }: RunClaimsOptions,
): AsyncGenerator<ReadonlyMap<string, Outcome>> {
  const tasks = new Map(claims.map((claim) => [claim.subtask.key, toTask(claim)]));
  const taskOf = (programKey: string, fingerprint: string) => tasks.get(subtaskKey(programKey, fingerprint))!;
  /** For each partition, the claim whose client pays for everything computed over it: the client whose turn it was. */
  const payers = new Map(claims.toReversed().map((claim) => [claim.subtask.fingerprint, claim]));
  const unbegun = new Set(tasks.values());
  /** The claims of each running request. */
  const running = new Map<Promise<void>, readonly Claim[]>();
  let done = new Map<string, Outcome>();
  /** The keys of claims whose outcome was yielded. */
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

  /** A task that is given up at once when nobody wants it any more, while the rest of its request goes on. */
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
