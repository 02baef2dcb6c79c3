/** A node's znodes: an ephemeral one that says it is there, and one below which its claims have entries, which outlives it so that others can see what it lost. */
import { randomBytes } from "node:crypto";
import { pause } from "../../../base/pause.ts";
import type { Node } from "../../coordinator.ts";
import { create, createEphemeral, remove, set } from "../protocol/operations.ts";
import { isRefused } from "../protocol/zookeeper-error.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { encodeJson, type NodeBody, parseNodeBody } from "./encoding.ts";
import { hashName, instanceName, type Layout } from "./layout.ts";

/** A node as it is registered in one session. */
export interface Registration {
  readonly node: string;
  readonly instance: string;
  /** The path below which its claims have entries that outlive it. */
  readonly held: string;
}

const betweenTries = 100;

const nodePath = ({ nodes }: Layout, id: string): string => `${nodes}/${hashName(id)}`;

/** Waits, for one and a half session timeouts, for a dead process's session to end that had the name; rejects where a live one has it. */
export async function registerNode({ session, layout, lost }: ZooKeeper, node: Node): Promise<Registration> {
  const path = nodePath(layout, node.id);
  const until = performance.now() + 1.5 * session.timeout;
  for (;;) {
    const instance = instanceName(node.id, randomBytes(9).toString("base64url"));
    const held = `${layout.held}/${instance}`;
    const body: NodeBody = { ...node, instance };
    try {
      await session.commit([create(held, encodeJson({ node: node.id })), createEphemeral(path, encodeJson(body))]);
      return { node: node.id, instance, held };
    } catch (error) {
      if (!isRefused(error, "node-exists")) throw error;
    }
    const other = await session.get(path);
    if (other?.stat.ephemeralOwner.toString("hex") === session.id || performance.now() > until) {
      throw new Error(`Cannot join as node ${node.id}: a node of this name is there already; give each its own`);
    }
    await pause(betweenTries, lost);
  }
}

export async function publishNode(
  { session, layout }: ZooKeeper,
  { instance }: Registration,
  node: Omit<NodeBody, "instance">,
): Promise<void> {
  await session.commit([set(nodePath(layout, node.id), encodeJson({ ...node, instance } satisfies NodeBody))]);
}

/** After its claims were ended. What could not be ended stays behind as what a dead node lost: others count it. */
export async function unregisterNode({ session, layout }: ZooKeeper, { node, held }: Registration): Promise<void> {
  try {
    await session.commit([remove(nodePath(layout, node)), remove(held)]);
  } catch (error) {
    if (!isRefused(error, "not-empty")) throw error;
    await session.commit([remove(nodePath(layout, node))]);
  }
}

/** In the order in which they came. */
export async function readNodes({ session, layout, log }: Pick<ZooKeeper, "session" | "layout" | "log">): Promise<readonly NodeBody[]> {
  const names = (await session.list(layout.nodes))?.children ?? [];
  const found = await Promise.all(names.map((name) => session.get(`${layout.nodes}/${name}`)));
  const nodes: { readonly body: NodeBody; readonly created: Buffer }[] = [];
  for (const [index, content] of found.entries()) {
    const body = content && parseNodeBody(content.data);
    if (body) nodes.push({ body, created: content.stat.czxid });
    else if (content)
      log.warn({ znode: `${layout.nodes}/${names[index]}` }, "a znode is not of the form that this version knows; it is skipped");
  }
  return nodes.sort((a, b) => a.created.compare(b.created)).map(({ body }) => body);
}
