/** Removes everything below a znode. */
import { remove } from "../protocol/operations.ts";
import type { Session } from "../protocol/session.ts";
import { isRefused } from "../protocol/zookeeper-error.ts";

/** The most znodes that one transaction removes. */
const perTransaction = 500;

/** Returns the number of removed znodes. Leaves are removed in large transactions; a znode that is refused because others are below it is emptied first. */
export async function removeBelow(session: Session, path: string): Promise<number> {
  let names = (await session.list(path))?.children ?? [];
  let removed = 0;
  while (names.length > 0) {
    const batch = names.slice(0, perTransaction);
    try {
      await session.commit(batch.map((name) => remove(`${path}/${name}`)));
      removed += batch.length;
      names = names.slice(batch.length);
    } catch (error) {
      if (isRefused(error, "not-empty")) removed += await removeBelow(session, `${path}/${batch[error.index]}`);
      else if (isRefused(error, "no-node")) names = names.filter((name) => name !== batch[error.index]);
      else throw error;
    }
  }
  return removed;
}
