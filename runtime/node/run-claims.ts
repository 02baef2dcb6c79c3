/** How a bundle of claims is computed. */
import { followSignals } from "../../base/follow-signals.ts";
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
  /** Several clients' were computed together, and one of them takes so long that all are left undone: each should be claimed alone. */
  readonly onTooLong: (claims: readonly Claim[]) => void;
}

interface Task {
  readonly claim: Claim;
  readonly late: AbortController;
  readonly wanted: ReturnType<typeof followSignals>;
}

/**
 * By subtask key, one outcome for each: all at a time where a bundle takes as long as it should, else as they come, so that nobody waits for what is long.
 * Throws where nothing can be computed now, and then nothing of it runs any more. It is to be asked to the end.
 */
export async function* runClaims(
  claims: readonly Claim[],
  { executor, signal, onBegin, onTooLong }: RunClaimsOptions,
): AsyncGenerator<ReadonlyMap<string, Outcome>> {
  const tasks = new Map(
    claims.map((claim): [string, Task] => {
      const late = new AbortController();
      return [claim.subtask.key, { claim, late, wanted: followSignals([claim.signal, signal, late.signal]) }];
    }),
  );
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
  const late = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const compute = async (request: ComputeRequest, keys: readonly string[]): Promise<void> => {
    const outcomes = await executor.run(request, {
      signalOf: (programKey, fingerprint) => taskOf(programKey, fingerprint).wanted.signal,
      payerOf: (_programKey, fingerprint) => payers.get(fingerprint)!,
      onRunning(programKeys, fingerprint) {
        const begun = programKeys.map((programKey) => taskOf(programKey, fingerprint));
        for (const task of begun) unbegun.delete(task);
        timer ??= setTimeout(() => late.abort(), longestBundle);
        onBegin(begun.map(({ claim }) => claim));
      },
    });
    for (const [index, key] of keys.entries()) {
      if (!given.has(key)) done.set(key, outcomes[index]!);
      given.add(key);
    }
  };
  const handBack = () => {
    for (const task of unbegun) task.late.abort(new Error("those before it took longer than was expected"));
    for (const together of running.values()) {
      if (new Set(together.map(({ client }) => client)).size < 2) continue;
      onTooLong(together);
      for (const { subtask } of together)
        tasks.get(subtask.key)!.late.abort(new Error("what it was computed with took longer than was expected"));
    }
  };
  late.signal.addEventListener("abort", handBack);
  const isLate = new Promise((resolve) => late.signal.addEventListener("abort", resolve));

  /** Whoever computes goes on for the others; what nobody wants any more is given back at once. */
  const giveBack = (key: string) => {
    if (given.has(key)) return;
    given.add(key);
    done.set(key, { kind: "undone", cause: "nobody wants it any more" });
    wake();
  };
  for (const [key, { claim }] of tasks) claim.signal.addEventListener("abort", () => giveBack(key), { once: true });

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
      if (done.size === 0) await Promise.race([isWoken, ...(late.signal.aborted ? running.keys() : [Promise.all(running.keys()), isLate])]);
      const ready = done;
      done = new Map();
      if (ready.size > 0) yield ready;
    }
    if (failure) throw failure.error;
  } finally {
    clearTimeout(timer);
    for (const { wanted } of tasks.values()) wanted.release();
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
