/** Removes everything below a znode. */
import { remove } from "../protocol/operations.ts";
import type { Session } from "../protocol/session.ts";
import { isRefused } from "../protocol/zookeeper-error.ts";

/** Znodes that one transaction removes. */
const perTransaction = 500;

/** Gives how many went: leaves in large transactions; what proves to have something below it is emptied first. */
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
