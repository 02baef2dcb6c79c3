/**
 * Runs one action at a time under a name: always within this process, and among processes if the lock is shared. It only saves time and ensures nothing: if
 * another process does not release a lock within the session timeout, the action runs without it.
 */

import { createEphemeral, remove } from "../protocol/operations.ts";
import { isRefused } from "../protocol/zookeeper-error.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { isPersistent, removePersistent } from "./repair.ts";

export async function withLock<T>(
  zookeeper: ZooKeeper,
  { name, isShared }: { readonly name: string; readonly isShared: boolean },
  action: () => Promise<T>,
): Promise<T> {
  const path = `${zookeeper.layout.locks}/${name}`;
  const before = zookeeper.locks.get(path);
  const mine = (async () => {
    await before?.catch(() => undefined);
    return isShared ? underNode(zookeeper, path, action) : action();
  })();
  zookeeper.locks.set(path, mine);
  try {
    return await mine;
  } finally {
    if (zookeeper.locks.get(path) === mine) zookeeper.locks.delete(path);
  }
}

async function underNode<T>({ session, lost, log }: ZooKeeper, path: string, action: () => Promise<T>): Promise<T> {
  const until = performance.now() + session.timeout;
  let isOurs = false;
  while (!isOurs && !lost.aborted && performance.now() < until) {
    try {
      await session.commit([createEphemeral(path, Buffer.alloc(0))]);
      isOurs = true;
    } catch (error) {
      if (!isRefused(error, "node-exists")) throw error;
      const other = await session.get(path);
      if (!other || !isPersistent(other) || !(await removePersistent(session, path, log))) await changed(session, path, until);
    }
  }
  try {
    return await action();
  } finally {
    if (isOurs && !lost.aborted) {
      await session.commit([remove(path)]).catch((error: unknown) => {
        if (!isRefused(error, "no-node", "connection-loss", "session-lost")) throw error;
      });
    }
  }
}

async function changed(session: ZooKeeper["session"], path: string, until: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waiting = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, until - performance.now()));
    void session
      .get(path, () => resolve())
      .then(
        (content) => content === undefined && resolve(),
        () => resolve(),
      );
  });
  await waiting;
  clearTimeout(timer);
}
