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
}

/** By subtask key, one outcome for each. Rejects where nothing can be computed now, and then nothing of it runs any more. */
export async function runClaims(claims: readonly Claim[], options: RunClaimsOptions): Promise<ReadonlyMap<string, Outcome>> {
  const { executor, signal, onBegin } = options;
  const tasks = new Map(
    claims.map((claim) => {
      const late = new AbortController();
      return [claim.subtask.key, { claim, late, wanted: followSignals([claim.signal, signal, late.signal]) }] as const;
    }),
  );
  const unbegun = new Set(tasks.values());
  let timer: ReturnType<typeof setTimeout> | undefined;
  const endTurn = () => {
    for (const { late } of unbegun) late.abort(new Error("those before it took longer than was expected"));
  };
  const compute = async (request: ComputeRequest): Promise<readonly (readonly [string, Outcome])[]> => {
    const outcomes = await executor.run(request, {
      signalOf: (programKey, fingerprint) => tasks.get(subtaskKey(programKey, fingerprint))!.wanted.signal,
      payerOf: (programKey, fingerprint) => tasks.get(subtaskKey(programKey, fingerprint))!.claim,
      onRunning(programKeys, fingerprint) {
        const begun = programKeys.map((programKey) => tasks.get(subtaskKey(programKey, fingerprint))!);
        for (const task of begun) unbegun.delete(task);
        timer ??= setTimeout(endTurn, longestBundle);
        onBegin(begun.map(({ claim }) => claim));
      },
    });
    return keysOf(request).map((key, index) => [key, outcomes[index]!]);
  };
  try {
    const settled = await Promise.allSettled(groupClaims(claims).map(compute));
    const failed = settled.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
    return new Map(settled.flatMap((each) => (each.status === "fulfilled" ? each.value : [])));
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
