/**
 * Registers a node by its znodes: an ephemeral one that tells that it is live, another with its news, and one below which its claims have entries. The last one
 * outlives the node, so that others can see which claims it lost.
 */
import { randomBytes } from "node:crypto";
import { pause } from "../../../base/pause.ts";
import type { Node } from "../../coordinator.ts";
import { Combiner } from "../protocol/combine.ts";
import { create, createEphemeral, remove, set } from "../protocol/operations.ts";
import { isRefused, unlessRefused } from "../protocol/zookeeper-error.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { encodeJson, type NodeBody, parseNodeBody } from "./encoding.ts";
import { hashName, instanceName, type Layout } from "./layout.ts";
import { noNews, OwnNews } from "./node-news.ts";
import { isPersistent, removePersistent } from "./repair.ts";
import { logSkip } from "./skip-log.ts";

/** A node as it is registered in one session. */
export interface Registration {
  readonly node: string;
  readonly instance: string;
  /** The path below which its claims have entries that outlive it. */
  readonly held: string;
  /** Carries out the transactions that make and end claims, with labels for the node's news (`node-news.ts`). */
  readonly combiner: Combiner;
}

const betweenTries = 100;

const nodePath = ({ nodes }: Layout, id: string): string => `${nodes}/${hashName(id)}`;
const newsPath = ({ news }: Layout, id: string): string => `${news}/${hashName(id)}`;

/**
 * Registers a node. If the session of a dead process still has the name, it waits for its end, at most for one and a half session timeouts. Rejects if a live
 * process has the name.
 */
export async function registerNode({ session, layout, lost, log }: ZooKeeper, node: Node): Promise<Registration> {
  const path = nodePath(layout, node.id);
  const news = newsPath(layout, node.id);
  const until = performance.now() + 1.5 * session.timeout;
  for (;;) {
    const instance = instanceName(node.id, randomBytes(9).toString("base64url"));
    const held = `${layout.held}/${instance}`;
    const body: NodeBody = { ...node, instance };
    try {
      await session.commit([
        create(held, encodeJson({ node: node.id })),
        createEphemeral(path, encodeJson(body)),
        createEphemeral(news, noNews),
      ]);
      return { node: node.id, instance, held, combiner: new Combiner(session, new OwnNews(news)) };
    } catch (error) {
      if (!isRefused(error, "node-exists")) throw error;
    }
    const [other, others] = await Promise.all([session.get(path), session.get(news)]);
    if (other && isPersistent(other) && (await removePersistent(session, path, log))) continue;
    if (others && isPersistent(others) && (await removePersistent(session, news, log))) continue;
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

/** Must be called after the node's claims were ended. Others count claims that could not be ended as those of a dead node. */
export async function unregisterNode({ session, layout }: ZooKeeper, { node, held }: Registration): Promise<void> {
  try {
    await session.commit([remove(nodePath(layout, node)), remove(newsPath(layout, node)), remove(held)]);
  } catch (error) {
    if (!isRefused(error, "not-empty", "no-node")) throw error;
    for (const path of [nodePath(layout, node), newsPath(layout, node)])
      await unlessRefused(["no-node"], () => session.commit([remove(path)]));
  }
}

/** Reads the live nodes, in the order in which they joined. */
export async function readNodes(zookeeper: NodesOf): Promise<readonly NodeBody[]> {
  const names = (await zookeeper.session.list(zookeeper.layout.nodes))?.children ?? [];
  const found = await Promise.all(names.map((name) => readNode(zookeeper, name)));
  const nodes = found.filter((node) => node !== undefined);
  return nodes.sort((a, b) => a.created.compare(b.created)).map(({ body }) => body);
}

type NodesOf = Pick<ZooKeeper, "session" | "layout" | "log">;

/** Reads a node; undefined if it is gone or malformed, which is logged once. */
export async function readNode({ session, layout, log }: NodesOf, name: string) {
  const path = `${layout.nodes}/${name}`;
  const content = await session.get(path);
  const body = content && !isPersistent(content) ? parseNodeBody(content.data) : undefined;
  if (content && body === undefined) logSkip(log, path);
  return content && body && { body, created: content.stat.czxid };
}
