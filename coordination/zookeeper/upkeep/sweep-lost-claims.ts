/**
 * Counts the claims that dead nodes lost. The subtasks are free again without that, since the claims ended with the nodes' sessions. Any number of processes
 * may sweep at once: each claim is counted once, since its entry below `held` is removed in the transaction that counts it.
 */
import { type Attempts, decideEnd } from "../../queue/claim-end.ts";
import { create, createEphemeral, type Operation, remove, set } from "../protocol/operations.ts";
import { isRefused, unlessRefused } from "../protocol/zookeeper-error.ts";
import { encodeRead, encodeSubtaskBody, parseRead, parseSubtaskBody } from "../znodes/encoding.ts";
import { claimPath, failedName, lostPath, subtaskPath } from "../znodes/layout.ts";
import { readNodes } from "../znodes/register-node.ts";
import type { ZooKeeper } from "../zookeeper.ts";

export async function sweepLostClaims(zookeeper: ZooKeeper): Promise<void> {
  const { session, layout } = zookeeper;
  // A node's znodes below `held` and `nodes` are created together, so a node that is in the first list and not in the second has died.
  const instances = (await session.list(layout.held))?.children ?? [];
  if (instances.length === 0) return;
  const alive = new Set((await readNodes(zookeeper)).map(({ instance }) => instance));
  for (const instance of instances) if (!alive.has(instance)) await sweepInstance(zookeeper, `${layout.held}/${instance}`);
}

async function sweepInstance(zookeeper: ZooKeeper, held: string): Promise<void> {
  const { session } = zookeeper;
  const node = readNodeId((await session.get(held))?.data);
  const hashes = (await session.list(held))?.children ?? [];
  await Promise.all(hashes.map((hash) => count(zookeeper, { held, hash, node })));
  await unlessRefused(["no-node", "not-empty"], () => session.commit([remove(held)]));
}

interface Lost {
  readonly held: string;
  readonly hash: string;
  readonly node: string;
}

async function count(zookeeper: ZooKeeper, { held, hash, node }: Lost): Promise<void> {
  const { session, layout } = zookeeper;
  const path = subtaskPath(layout, hash);
  // The record lets a process that lost its session together with the answer to a claim's end find out that the end was not carried out.
  let ending = [remove(`${held}/${hash}`), create(lostPath(layout, `${held}/${hash}`))];
  for (let isClaimed = false; ; ) {
    const [content, entry] = await Promise.all([session.get(path), session.get(`${held}/${hash}`)]);
    const read = entry && parseRead(entry.data);
    // Nothing is counted if computing had not begun.
    if (content === undefined || read === undefined) {
      return unlessRefused(["no-node", "not-empty", "node-exists"], () => session.commit(ending));
    }
    const { attempts, failed: failedBefore } = parseSubtaskBody(content.data);
    const situation = { attempts, wanted: true, begun: true, stopped: false };
    const verdict = decideEnd({ kind: "lose", cause: `node ${node} died or lost its connection while it had the subtask` }, situation);
    const after: Attempts = "attempts" in verdict ? verdict.attempts : attempts;
    const operations: Operation[] = [...ending];
    if (failedBefore !== undefined) {
      operations.push(set(path, encodeSubtaskBody({ attempts: after, failed: failedBefore }), content.stat.version));
    } else if (verdict.kind === "failed" && !isClaimed) {
      const failed = failedName(hash, Date.now());
      // Creating and removing the claim proves that no node has claimed the subtask again.
      const claim = claimPath(layout, hash);
      operations.push(createEphemeral(claim, Buffer.alloc(0)), remove(claim));
      operations.push(
        set(path, encodeSubtaskBody({ attempts: after, failed }), content.stat.version),
        create(`${layout.failed}/${failed}`, encodeRead(read)),
      );
    } else operations.push(set(path, encodeSubtaskBody({ attempts: after }), content.stat.version));
    try {
      await session.commit(operations);
      return;
    } catch (error) {
      if (isRefused(error, "no-node", "not-empty") && error.index === 0) return;
      if (isRefused(error, "node-exists") && error.index === 1) ending = ending.slice(0, 1);
      else if (isRefused(error, "node-exists")) isClaimed = true;
      else if (!isRefused(error, "bad-version", "no-node")) throw error;
    }
  }
}

function readNodeId(data: Buffer | undefined): string {
  try {
    return String(JSON.parse(data?.toString() ?? "").node);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return "of unknown name";
    throw error;
  }
}
