/**
 * A second copy of a subtask that another node has had for very long. If it is done first, its transaction removes the subtask's znode, and the first node
 * sees this and stops. If the first node is done first, this one stops. A copy never counts as an attempt: its error or loss changes nothing.
 */
import { pause } from "../../../base/pause.ts";
import type { ClaimEnd } from "../../queue/claim-end.ts";
import { check, createEphemeral, remove } from "../protocol/operations.ts";
import { isRefused } from "../protocol/zookeeper-error.ts";
import { encodeJson, parseClaimBody, parseSubtaskBody } from "../znodes/encoding.ts";
import { claimPath, copyPath, subtaskPath } from "../znodes/layout.ts";
import type { Registration } from "../znodes/register-node.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { afterDoubt, commitSurely } from "./commit-surely.ts";
import type { SubtaskEntry } from "./entries.ts";
import { SessionClaim } from "./session-claim.ts";

export interface CopiedClaimOptions {
  readonly zookeeper: ZooKeeper;
  readonly entry: SubtaskEntry;
  readonly registration: Pick<Registration, "combiner">;
  /** `isOver` tells that nothing is left to do for the subtask. */
  readonly onEnd: (isOver: boolean, order: number | undefined) => void;
}

/** Begins a copy; resolves with false if the first node has ended the subtask or another node copies it. Rejects if the session is lost. */
export async function copySubtask(
  { combiner, layout, session, lost }: ZooKeeper,
  entry: SubtaskEntry,
  { node, instance }: Registration,
): Promise<boolean> {
  const path = copyPath(layout, entry.hash);
  try {
    await combiner.commit([
      check(subtaskPath(layout, entry.hash)),
      check(claimPath(layout, entry.hash)),
      createEphemeral(path, encodeJson({ node, instance })),
    ]);
    return true;
  } catch (error) {
    if (isRefused(error, "no-node")) return false;
    if (!isRefused(error, "node-exists", "connection-loss")) throw error;
  }
  // Repeated until the outcome is known, since an unknown copy would prevent other copies as long as the session lives.
  for (;;) {
    try {
      const owner = await session.get(path);
      return owner !== undefined && parseClaimBody(owner.data)?.instance === instance;
    } catch (error) {
      if (!isRefused(error, "connection-loss") || lost.aborted) throw error;
      await pause(afterDoubt, lost);
    }
  }
}

export class CopiedClaim extends SessionClaim {
  readonly isCopy = true;
  readonly #options: CopiedClaimOptions;

  constructor(options: CopiedClaimOptions) {
    super(options.entry);
    this.#options = options;
  }

  /** Nothing is recorded, since others only hear of the first node's claim. */
  async begin(): Promise<void> {
    this.isLoading = false;
  }

  protected async carryOut({ kind }: ClaimEnd): Promise<boolean> {
    const { zookeeper, entry, registration, onEnd } = this.#options;
    const identity = subtaskPath(zookeeper.layout, entry.hash);
    const copy = copyPath(zookeeper.layout, entry.hash);
    const isDone = kind === "complete";
    let counts = isDone;
    const known = await commitSurely(zookeeper, {
      describe: () => (counts ? [remove(copy), check(identity, entry.version), remove(identity)] : [remove(copy)]),
      commit: (operations) => registration.combiner.commit(operations, counts ? `-${entry.hash}` : undefined),
      onDone: (order) => ({ answer: counts || !isDone, order: counts ? order : undefined }),
      onRefused: async ({ code, path, wasInDoubt }) => {
        if (code === "no-node" && path === copy) return { answer: wasInDoubt && counts, order: undefined };
        if (code === "no-node") counts = false;
        else if (code === "bad-version") {
          const content = await zookeeper.session.get(identity);
          if (content === undefined || parseSubtaskBody(content.data).failed !== undefined) counts = false;
          else entry.version = content.stat.version;
        } else return "unknown";
        return "again";
      },
    });
    // The subtask is over if it is done, regardless of which copy was first.
    onEnd(known !== undefined && isDone, known?.order);
    return known?.answer ?? false;
  }
}
