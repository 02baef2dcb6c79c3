/**
 * Repairs what other software did to our znodes and what would be in the way for ever: znodes below one that should have none, a missing folder, and a
 * persistent znode in the place of an ephemeral one. Each repair is logged once; if it is impossible, the log tells once what to do.
 */
import type { Log } from "../../../base/log.ts";
import { create, type Operation, remove } from "../protocol/operations.ts";
import type { Content, Session } from "../protocol/session.ts";
import { isRefused, type ZooKeeperErrorCode } from "../protocol/zookeeper-error.ts";
import type { Layout } from "./layout.ts";
import { foldersOf, makeFolders } from "./open-root.ts";
import { removeBelow } from "./remove-below.ts";

/** The folders whose members must have nothing below them, and how many names deep these members are below the root. */
const depths = new Map([
  ["interest", 2],
  ["claims", 2],
  ["copies", 2],
  ["failed", 2],
  ["withdrawn", 2],
  ["locks", 2],
  ["lost", 2],
  ["nodes", 2],
  ["news", 2],
  ["subtasks", 3],
  ["queries", 3],
  ["held", 3],
]);

export type Repair = (session: Session, refused: Operation, code: ZooKeeperErrorCode) => Promise<boolean>;

/** Returns a function for `Session.repair`: it is called with a refused operation, and resolves with true if that may be tried again. */
export function createRepair(layout: Layout, log: Log): Repair {
  const folders = new Set(foldersOf(layout));
  return async (session, { kind, path }, code) => {
    const lacksFolder =
      code === "no-node" && (folders.has(path) || (kind === "create" && folders.has(path.slice(0, path.lastIndexOf("/")))));
    if (lacksFolder) {
      log.warn({ znode: path }, "a folder of the coordinator was missing; it is made again");
      await makeFolders(session, layout);
      return true;
    }
    const names = path.slice(layout.base.length + 1).split("/");
    if (code !== "not-empty" || depths.get(names[0]!) !== names.length) return false;
    return clearBelow(session, path, log);
  };
}

async function clearBelow(session: Session, path: string, log: Log): Promise<boolean> {
  try {
    const removed = await removeBelow(session, path);
    if (removed > 0) log.warn({ znode: path }, "something was below a znode that has nothing below it; it was removed");
    return true;
  } catch (error) {
    if (!isRefused(error, "no-auth", "not-empty")) throw error;
    log.warn({ znode: path, err: error }, "something is below a znode that has nothing below it, and cannot be removed; remove it by hand");
    return false;
  }
}

/** Whether the znode is persistent, so that it does not end with a session. */
export const isPersistent = ({ stat }: Pick<Content, "stat">): boolean => stat.ephemeralOwner.every((byte) => byte === 0);

/**
 * Removes a persistent znode; returns true if it is gone. It is refused if an ephemeral one has replaced it meanwhile, since nothing can be created below an
 * ephemeral one.
 */
export async function removePersistent(session: Session, path: string, log: Log): Promise<boolean> {
  const child = `${path}/persistent`;
  try {
    await session.commit([create(child), remove(child), remove(path)]);
    log.warn({ znode: path }, "a znode stood where one belongs that goes with its session; it was removed");
    return true;
  } catch (error) {
    if (isRefused(error, "no-node")) return true;
    if (isRefused(error, "ephemeral")) return false;
    if (!isRefused(error, "not-empty", "node-exists", "no-auth")) throw error;
    log.warn({ znode: path, err: error }, "a znode stands where one belongs that goes with its session; remove it and what is below it");
    return false;
  }
}
