/**
 * Empties our root: it removes everything below it, in whatever layout, and creates an empty root. It touches nothing else. It refuses if the root's path is in
 * use for something else, and while nodes are live. It cannot see dispatchers, so they should be stopped before.
 */

import type { Log } from "../../../base/log.ts";
import { Connection } from "../protocol/connection.ts";
import { remove } from "../protocol/operations.ts";
import type { Session } from "../protocol/session.ts";
import { ZooKeeperSetupError } from "../protocol/zookeeper-error.ts";
import { parseNodeBody } from "../znodes/encoding.ts";
import { openRoot, readVersion } from "../znodes/open-root.ts";
import { removeBelow } from "../znodes/remove-below.ts";

export interface ResetOptions {
  /** `HOST:PORT,HOST:PORT/chroot`. */
  readonly hosts: string;
  /** `NAME:PASSWORD`. */
  readonly auth?: string;
  readonly log: Log;
  readonly root?: string;
  /** The milliseconds to wait for the connection. */
  readonly startTimeout?: number;
}

const sessionTimeout = 10_000;
const mostNamed = 10;

/** Returns the number of removed znodes. Rejects with an error that says what to do. */
export async function resetRoot({ hosts, auth, log, root = "/femtoq", startTimeout = 10_000 }: ResetOptions): Promise<number> {
  const connection = await Connection.open({ hosts, sessionTimeout, startTimeout, log, ...(auth !== undefined && { auth }) });
  try {
    const base = connection.chroot + root;
    const removed = await connection.run(async (session) => {
      const found = await session.get(base);
      if (found === undefined) return 0;
      if (readVersion(found.data) === undefined) {
        throw new ZooKeeperSetupError(
          "alien-root",
          `Cannot reset ${base} in ZooKeeper: something else than Femtoq's coordination is there`,
        );
      }
      await refuseLiveNodes(session, base);
      const count = await removeBelow(session, base);
      await session.commit([remove(base)]);
      return count + 1;
    });
    await connection.run((session) => openRoot(session, { chroot: connection.chroot, root }));
    return removed;
  } finally {
    await connection.close();
  }
}

async function refuseLiveNodes(session: Session, base: string): Promise<void> {
  const names = (await session.list(`${base}/nodes`))?.children ?? [];
  if (names.length === 0) return;
  const bodies = await Promise.all(names.slice(0, mostNamed).map((name) => session.get(`${base}/nodes/${name}`)));
  const named = bodies.map((content, index) => {
    const body = content && parseNodeBody(content.data);
    return body ? `${body.host} (${body.id})` : names[index]!;
  });
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : "";
  throw new Error(`Cannot reset ${base} in ZooKeeper while nodes are live: ${named.join(", ")}${more}; stop them first`);
}
