/**
 * Tries to claim a subtask, by one transaction that succeeds only if the subtask exists, is unchanged since it was last read, and is not claimed.
 * A znode in the claim's place that is not ephemeral is no claim, but would block the subtask for ever, so it is removed.
 * `gone`: done, withdrawn or failed. `aside`: another node has it. `again`: others tried it meanwhile, and their changes were read.
 */

import { check, create, createEphemeral } from "../protocol/operations.ts";
import { ZooKeeperError } from "../protocol/zookeeper-error.ts";
import { encodeJson, encodeRead, parseClaimBody, parseSubtaskBody } from "../znodes/encoding.ts";
import { claimPath, subtaskPath } from "../znodes/layout.ts";
import type { Registration } from "../znodes/register-node.ts";
import { isPersistent, removePersistent } from "../znodes/repair.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import type { SubtaskEntry } from "./entries.ts";

export type Attempted =
  | { readonly kind: "claimed"; readonly order: number }
  /** `rival` identifies the other claim. */
  | { readonly kind: "aside"; readonly rival: string }
  | { readonly kind: "gone" | "again" };

/**
 * Rejects where the session is lost, or the registration's own znodes are gone. `beginsAtOnce`: that computing begins is put on record together with
 * the claim.
 */
export async function claimSubtask(
  zookeeper: ZooKeeper,
  entry: SubtaskEntry,
  {
    registration: { node, instance, held, combiner },
    beginsAtOnce,
  }: { readonly registration: Registration; readonly beginsAtOnce: boolean },
): Promise<Attempted> {
  const { layout, session, log } = zookeeper;
  const identity = subtaskPath(layout, entry.hash);
  const claim = claimPath(layout, entry.hash);
  const operations = [
    check(identity, entry.version),
    createEphemeral(claim, encodeJson({ node, instance })),
    create(`${held}/${entry.hash}`, beginsAtOnce ? encodeRead(entry.subtask) : undefined),
  ];
  try {
    return { kind: "claimed", order: await combiner.commit(operations, `+${entry.hash}`) };
  } catch (error) {
    if (!(error instanceof ZooKeeperError)) throw error;
    if (error.code === "connection-loss" || error.code === "node-exists") {
      // This waits for the connection. The transaction in doubt may have been carried out.
      const owner = await session.get(claim);
      if (owner && parseClaimBody(owner.data)?.instance === instance) return { kind: "claimed", order: owner.order };
      if (owner === undefined || (isPersistent(owner) && (await removePersistent(session, claim, log)))) return { kind: "again" };
      return { kind: "aside", rival: owner.stat.czxid.toString("hex") };
    }
    const refused = operations[error.index]?.path;
    if (refused !== identity || (error.code !== "no-node" && error.code !== "bad-version")) throw error;
    return error.code === "no-node" ? { kind: "gone" } : readAgain(zookeeper, entry);
  }
}

async function readAgain({ session, layout }: ZooKeeper, entry: SubtaskEntry): Promise<Attempted> {
  const content = await session.get(subtaskPath(layout, entry.hash));
  if (content === undefined) return { kind: "gone" };
  const { attempts, failed } = parseSubtaskBody(content.data);
  entry.attempts = attempts;
  entry.version = content.stat.version;
  return { kind: failed === undefined ? "again" : "gone" };
}
