/** Reads what becomes of subtasks, here and now. */
import { setImmediate as turn } from "node:timers/promises";
import type { SubtaskNews, SubtaskState } from "../../coordinator.ts";
import { describeFailure } from "../../queue/claim-end.ts";
import type { Content } from "../protocol/session.ts";
import { parseClaimBody, parseSubtaskBody } from "../znodes/encoding.ts";
import { claimPath, failedHash, hashName, readClaimNames, shardOf, subtaskPath } from "../znodes/layout.ts";
import type { ZooKeeper } from "../zookeeper.ts";

export interface StateRead {
  readonly key: string;
  readonly hash: string;
  /** Undefined where there is no such subtask. */
  readonly state: SubtaskState | undefined;
  readonly order: number;
}

const mostSingly = 100;
const perTurn = 2_000;
const perRead = 500;

export async function readStates(zookeeper: ZooKeeper, keys: readonly string[]): Promise<readonly StateRead[]> {
  const { session, layout } = zookeeper;
  const before = session.latest;
  // Answers come in this order: what is claimed was there.
  const claiming = session.list(layout.claims);
  const [listing, present] = await Promise.all([
    claiming,
    keys.length <= mostSingly ? readSingly(zookeeper, keys) : findPresent(zookeeper, keys),
  ]);
  const { claimed, running } = readClaimNames(listing?.children ?? []);
  const reads: StateRead[] = [];
  for (let start = 0; start < present.length; start += perRead) {
    const slice = present.slice(start, start + perRead);
    reads.push(
      ...(await Promise.all(slice.map((each) => readOne(zookeeper, each, { claimed, running, order: listing?.order ?? before })))),
    );
    if (start + perRead < present.length) await turn();
  }
  return reads;
}

interface Candidate {
  readonly key: string;
  readonly hash: string;
  /** `plain`: there, and not failed. */
  readonly presence: "unknown" | "plain" | "absent";
  readonly content?: Content;
}

async function readSingly({ session, layout }: ZooKeeper, keys: readonly string[]): Promise<readonly Candidate[]> {
  const read = async (key: string): Promise<Candidate> => {
    const hash = hashName(key);
    const content = await session.get(subtaskPath(layout, hash));
    return content ? { key, hash, presence: "unknown", content } : { key, hash, presence: "absent" };
  };
  return Promise.all(keys.map(read));
}

async function findPresent({ session, layout }: ZooKeeper, keys: readonly string[]): Promise<readonly Candidate[]> {
  const candidates: Candidate[] = [];
  for (const [index, key] of keys.entries()) {
    if (index % perTurn === perTurn - 1) await turn();
    candidates.push({ key, hash: hashName(key), presence: "unknown" });
  }
  const shards = [...new Set(candidates.map(({ hash }) => shardOf(hash)))];
  const [failed, ...lists] = await Promise.all(
    [layout.failed, ...shards.map((shard) => layout.shards[shard]!)].map((path) => session.list(path)),
  );
  const failedHashes = new Set(failed?.children.map(failedHash));
  const names = new Map(shards.map((shard, index) => [shard, new Set(lists[index]?.children)]));
  return candidates.map((candidate) => {
    if (!names.get(shardOf(candidate.hash))!.has(candidate.hash)) return { ...candidate, presence: "absent" };
    return failedHashes.has(candidate.hash) ? candidate : { ...candidate, presence: "plain" };
  });
}

interface Claims {
  readonly claimed: ReadonlySet<string>;
  readonly running: ReadonlySet<string>;
  readonly order: number;
}

async function readOne({ session, layout }: ZooKeeper, candidate: Candidate, claims: Claims): Promise<StateRead> {
  const { key, hash, presence } = candidate;
  const { order } = claims;
  if (presence === "absent") return { key, hash, state: undefined, order };
  const isClaimed = claims.claimed.has(hash);
  if (presence === "plain" && !isClaimed) return { key, hash, state: { kind: "unowned" }, order };
  const [content, claim] = await Promise.all([
    candidate.content ?? session.get(subtaskPath(layout, hash)),
    isClaimed ? session.get(claimPath(layout, hash)) : undefined,
  ]);
  if (content === undefined) return { key, hash, state: undefined, order };
  const { attempts, failed } = parseSubtaskBody(content.data);
  if (failed !== undefined) return { key, hash, state: { kind: "failed", failure: describeFailure(attempts) }, order };
  if (claim === undefined) return { key, hash, state: { kind: "unowned" }, order };
  const node = parseClaimBody(claim.data)?.node ?? "unknown";
  return { key, hash, state: { kind: "owned", node, loading: !claims.running.has(hash) }, order };
}

export function toKnown(state: SubtaskState | undefined): SubtaskNews {
  if (state === undefined) return { kind: "done" };
  if (state.kind !== "owned") return state;
  return { kind: state.loading ? "loading" : "running" };
}
