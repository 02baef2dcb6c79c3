/** Reads from lists which of many subtasks exist, are claimed, and have failed. */
import type { ZooKeeper } from "../zookeeper.ts";
import { failedHash, readClaimNames, shardOf } from "./layout.ts";

export interface ListedClaims {
  readonly claimed: ReadonlySet<string>;
  /** The subtasks whose claims tell that computing has begun. */
  readonly running: ReadonlySet<string>;
  /** The order of the answer (`Answer.order`). */
  readonly order: number;
}

export interface ListedSubtasks extends ListedClaims {
  /** All existing subtasks, including failed ones, in the shards that were read. */
  readonly hashes: readonly string[];
  readonly has: (hash: string) => boolean;
  readonly failed: ReadonlySet<string>;
}

export async function listClaims({ session, layout }: ZooKeeper): Promise<ListedClaims> {
  const before = session.latest;
  const listing = await session.list(layout.claims);
  return { ...readClaimNames(listing?.children ?? []), order: listing?.order ?? before };
}

/** Reads the lists. If `among` is given, only the shards of these subtasks are read. The claims are read first: a claimed subtask existed then. */
export async function listSubtasks(zookeeper: ZooKeeper, among?: Iterable<string>): Promise<ListedSubtasks> {
  const { session, layout } = zookeeper;
  const shards = among === undefined ? layout.shards : [...new Set(Array.from(among, shardOf))].map((shard) => layout.shards[shard]!);
  const listing = [layout.failed, ...shards];
  const [claims, failed, ...lists] = await Promise.all([listClaims(zookeeper), ...listing.map((path) => session.list(path))]);
  const hashes = lists.flatMap((list) => list?.children ?? []);
  const there = new Set(hashes);
  return { ...claims, hashes, has: (hash) => there.has(hash), failed: new Set(failed?.children.map(failedHash)) };
}
