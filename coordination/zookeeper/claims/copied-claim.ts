/**
 * A second copy of a subtask that another node has had for very long. It counts if it is done first: then the identity is removed by its transaction, the first node
 * sees that and stops. If the first node is done first, this one sees it and stops. It is never an attempt: its error or its loss changes nothing.
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
  /** `isOver`: nothing of the subtask is left to do. */
  readonly onEnd: (isOver: boolean, order: number | undefined) => void;
}

/** False where the first node has ended it, or another node copies it already. Rejects where the session is lost. */
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
  // Until it is known: a copy that nobody here knows of would keep others from making one for as long as the session lives.
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

  /** Others are told of the first node's claim. */
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
    // Where it is done, somebody has done it, first or not.
    onEnd(known !== undefined && isDone, known?.order);
    return known?.answer ?? false;
  }
}
