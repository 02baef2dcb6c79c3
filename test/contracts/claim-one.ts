/** Claims single subtasks, for tests that examine one claim at a time. */
import type { Claim, ClaimOptions, Coordinator, JoinedNode } from "../../coordination/coordinator.ts";
import { countSubtasks } from "../../coordination/queue/demand.ts";

/** A claim that is ended by itself. */
export interface OneClaim extends Claim {
  begin(): Promise<void>;
  complete(): Promise<boolean>;
  fail(cause: string, options?: { readonly permanent?: boolean }): Promise<boolean>;
  release(): Promise<boolean>;
  /** The claim as the coordinator returned it. */
  readonly claim: Claim;
}

export async function claimOne(node: JoinedNode, options: Omit<ClaimOptions, "most">): Promise<OneClaim> {
  const [claim] = await node.claim({ ...options, most: 1 });
  if (claim === undefined) throw new Error(`node ${node.id} drains`);
  return {
    claim,
    subtask: claim.subtask,
    priority: claim.priority,
    client: claim.client,
    signal: claim.signal,
    begin: () => node.begin([claim]),
    complete: async () => (await node.complete([claim]))[0]!,
    fail: (cause, options) => node.fail(claim, cause, options),
    release: async () => (await node.release([claim]))[0]!,
  };
}

export const countsOf = async (coordinator: Pick<Coordinator, "demand">) => countSubtasks(await coordinator.demand());
