/** Reads the present states of subtasks from ZooKeeper. */
import { turn } from "../../../base/turn.ts";
import type { SubtaskNews, SubtaskState } from "../../coordinator.ts";
import { describeFailure } from "../../queue/claim-end.ts";
import { parseClaimBody, parseSubtaskBody } from "../znodes/encoding.ts";
import { claimPath, hashName, subtaskPath } from "../znodes/layout.ts";
import { listClaims, listSubtasks } from "../znodes/list-subtasks.ts";
import type { ZooKeeper } from "../zookeeper.ts";

export interface StateRead {
  readonly key: string;
  readonly hash: string;
  /** Undefined if the subtask does not exist. */
  readonly state: SubtaskState | undefined;
  readonly order: number;
}

const mostSingly = 100;
const perTurn = 2_000;
const perRead = 500;

export async function readStates(zookeeper: ZooKeeper, keys: readonly string[]): Promise<readonly StateRead[]> {
  const hashed: { readonly key: string; readonly hash: string }[] = [];
  for (const [index, key] of keys.entries()) {
    if (index % perTurn === perTurn - 1) await turn();
    hashed.push({ key, hash: hashName(key) });
  }
  const isMany = hashed.length > mostSingly;
  const { session, layout } = zookeeper;
  const get = (hash: string) => session.get(subtaskPath(layout, hash));
  // For many subtasks, lists tell which exist. If they are few, each is read, at the same time as the claims.
  const many = isMany
    ? await listSubtasks(
        zookeeper,
        hashed.map(({ hash }) => hash),
      )
    : undefined;
  const [{ claimed, running, order }, contents] = await Promise.all([
    many ?? listClaims(zookeeper),
    isMany ? [] : Promise.all(hashed.map(({ hash }) => get(hash))),
  ]);
  const readOne = async (hash: string, index: number): Promise<SubtaskState | undefined> => {
    const isClaimed = claimed.has(hash);
    if (many && !many.has(hash)) return undefined;
    if (many && !isClaimed && !many.failed.has(hash)) return { kind: "unowned" };
    const [content, claim] = await Promise.all([
      isMany ? get(hash) : contents[index],
      isClaimed ? session.get(claimPath(layout, hash)) : undefined,
    ]);
    if (content === undefined) return undefined;
    const { attempts, failed } = parseSubtaskBody(content.data);
    if (failed !== undefined) return { kind: "failed", failure: describeFailure(attempts) };
    if (claim === undefined) return { kind: "unowned" };
    return { kind: "owned", node: parseClaimBody(claim.data)?.node ?? "unknown", loading: !running.has(hash) };
  };
  const reads: StateRead[] = [];
  for (let start = 0; start < hashed.length; start += perRead) {
    const slice = hashed.slice(start, start + perRead);
    const states = await Promise.all(slice.map(({ hash }, index) => readOne(hash, start + index)));
    for (const [index, each] of slice.entries()) reads.push({ ...each, state: states[index], order });
    if (start + perRead < hashed.length) await turn();
  }
  return reads;
}

export function toNews(state: SubtaskState | undefined): SubtaskNews {
  if (state === undefined) return { kind: "done" };
  if (state.kind !== "owned") return state;
  return { kind: state.loading ? "loading" : "running" };
}
