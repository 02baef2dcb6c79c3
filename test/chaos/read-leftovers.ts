/** Reads what the coordinator still has in ZooKeeper. */
import type { Connection } from "../../coordination/zookeeper/protocol/connection.ts";
import type { Session } from "../../coordination/zookeeper/protocol/session.ts";
import { createLayout } from "../../coordination/zookeeper/znodes/layout.ts";

/** Counts the znodes of each kind that must not stay when nothing is asked for. */
export type Leftovers = Readonly<Record<"subtasks" | "interest" | "queries" | "claims" | "copies" | "held" | "failed" | "locks", number>>;

const layout = createLayout("/femtoq");

export function readLeftovers(connection: Connection): Promise<Leftovers> {
  return connection.run(async (session) => {
    const count = async (path: string) => (await list(session, path)).length;
    const [subtasks, held, interest, queries, claims, copies, failed, locks] = await Promise.all([
      Promise.all(layout.shards.map(count)).then(sum),
      // The znode of a node's registration stays as long as the node.
      list(session, layout.held).then((instances) =>
        Promise.all(instances.map((instance) => count(`${layout.held}/${instance}`))).then(sum),
      ),
      count(layout.interest),
      count(layout.queries),
      count(layout.claims),
      count(layout.copies),
      count(layout.failed),
      count(layout.locks),
    ]);
    return { subtasks, interest, queries, claims, copies, held, failed, locks };
  });
}

async function list(session: Session, path: string): Promise<readonly string[]> {
  return (await session.list(path))?.children ?? [];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

export const isClean = (left: Leftovers): boolean => sum(Object.values(left)) === 0;
