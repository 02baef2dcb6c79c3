/** Which subtasks are there, claimed, failed, as lists have it: one look at many. */
import type { ZooKeeper } from "../zookeeper.ts";
import { failedHash, readClaimNames, shardOf } from "./layout.ts";

export interface ListedClaims {
  readonly claimed: ReadonlySet<string>;
  /** Those whose claims say that computing has begun. */
  readonly running: ReadonlySet<string>;
  /** The order of the answer (`Answer.order`). */
  readonly order: number;
}

export interface ListedSubtasks extends ListedClaims {
  /** All that are there, the failed ones among them, in the shards that were looked at. */
  readonly hashes: readonly string[];
  readonly has: (hash: string) => boolean;
  readonly failed: ReadonlySet<string>;
}

export async function listClaims({ session, layout }: ZooKeeper): Promise<ListedClaims> {
  const before = session.latest;
  const listing = await session.list(layout.claims);
  return { ...readClaimNames(listing?.children ?? []), order: listing?.order ?? before };
}

/** `among`: only the shards of these are looked at. Claims come first: what is claimed was there. */
export async function listSubtasks(zookeeper: ZooKeeper, among?: Iterable<string>): Promise<ListedSubtasks> {
  const { session, layout } = zookeeper;
  const shards = among === undefined ? layout.shards : [...new Set(Array.from(among, shardOf))].map((shard) => layout.shards[shard]!);
  const listing = [layout.failed, ...shards];
  const [claims, failed, ...lists] = await Promise.all([listClaims(zookeeper), ...listing.map((path) => session.list(path))]);
  const hashes = lists.flatMap((list) => list?.children ?? []);
  const there = new Set(hashes);
  return { ...claims, hashes, has: (hash) => there.has(hash), failed: new Set(failed?.children.map(failedHash)) };
}
