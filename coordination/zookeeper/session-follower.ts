/** Follows on one session what a process needs: the live nodes, the subtasks that are watched here and, if the process has nodes, the waiting subtasks. */

import type { Log } from "../../base/log.ts";
import type { ZooKeeperClaims } from "./claims/claims.ts";
import { takeChanges, takeShard } from "./claims/claims-elsewhere.ts";
import { ClusterNodes } from "./claims/cluster-nodes.ts";
import type { ClaimsSession } from "./claims/node.ts";
import { overlooking, readOverlooked } from "./claims/overlooked-subtasks.ts";
import { WaitingSubtasks } from "./claims/waiting-subtasks.ts";
import { Combiner } from "./protocol/combine.ts";
import { FollowedList } from "./protocol/followed-list.ts";
import type { Session } from "./protocol/session.ts";
import { unlessInDoubt } from "./protocol/zookeeper-error.ts";
import { sweepLostClaims } from "./upkeep/sweep-lost-claims.ts";
import { NewsFeeds } from "./watching/news-feeds.ts";
import { SubtaskLists } from "./watching/subtask-lists.ts";
import type { WatchedSubtasks } from "./watching/watched-subtasks.ts";
import type { Withdrawals } from "./watching/withdrawals.ts";
import { type Layout, subtaskPath } from "./znodes/layout.ts";
import { createRepair } from "./znodes/repair.ts";
import type { Segments } from "./znodes/segments.ts";
import type { ZooKeeper } from "./zookeeper.ts";

export interface SessionFollowerOptions {
  readonly session: Session;
  readonly lost: AbortSignal;
  readonly layout: Layout;
  readonly log: Log;
  readonly watched: WatchedSubtasks;
  readonly withdrawals: Withdrawals;
  readonly claims: ZooKeeperClaims;
  /** Called when a query has no subtasks left, as far as a node of this process knows. */
  readonly onIdle: (zookeeper: ZooKeeper, query: string) => void;
  readonly mostEntries: number;
}

/** In milliseconds: the pause before a sweep is random up to this, so that not all processes that see a node die sweep at the same moment. */
const sweepWithin = 100;
/** Looks at withdrawals cost less credit than usual, since the nodes check only the few subtasks that they have. */
const costFactor = 2;

export class SessionFollower {
  readonly zookeeper: ZooKeeper;
  readonly lists: SubtaskLists;
  readonly #options: SessionFollowerOptions;
  readonly #nodes: FollowedList;
  readonly #news: NewsFeeds;
  /** The waiting subtasks, for nodes of this process. `ready` is set once following has begun, unless it failed. */
  #waiting: { readonly subtasks: WaitingSubtasks; ready?: Promise<void> | undefined } | undefined;
  readonly #cluster: ClusterNodes;
  #names: readonly string[] = [];
  #nodeChanges: number | undefined;
  /** The order at which the watch reported a change of the nodes; undefined if the last list shows it. */
  #nodesChanged: number | undefined;
  #returned = -1;
  #sweeping: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SessionFollowerOptions) {
    const { session, lost, layout, log, watched, withdrawals } = options;
    this.#options = options;
    session.repair = createRepair(layout, log);
    const onError = (err: unknown) => log.error({ err }, "something of the coordinator failed; it goes on");
    this.zookeeper = { session, lost, layout, log, onError, combiner: new Combiner(session), followed: new Set(), locks: new Map() };
    this.lists = new SubtaskLists({
      zookeeper: this.zookeeper,
      watched,
      withdrawals,
      onShard: (shard, listing, names) =>
        this.#waiting && options.claims.withdraw(takeShard(this.#waiting.subtasks, shard, listing, names)),
    });
    this.#cluster = new ClusterNodes(this.zookeeper, (cluster) => {
      if (this.#waiting) this.#waiting.subtasks.queue.cluster = cluster;
      options.claims.nodes.lookAgain();
    });
    this.#news = new NewsFeeds({
      zookeeper: this.zookeeper,
      isOwn: (name) => [...options.claims.nodes.all].some((node) => node.name === name),
      onNews: (changes, order) => {
        watched.changed(changes, order);
        if (!this.#waiting) return;
        options.claims.withdraw(takeChanges(this.#waiting.subtasks, changes, order));
        options.claims.nodes.serve();
      },
    });
    this.#nodes = new FollowedList({
      zookeeper: this.zookeeper,
      path: layout.nodes,
      onChange: () => {
        this.#nodesChanged ??= session.latest + 0.5;
      },
      onList: (listing) => listing && this.#readNodes(listing.children, listing.stat.cversion),
    });
    void this.#nodes.look();
    lost.addEventListener("abort", () => clearTimeout(this.#sweeping), { once: true });
  }

  get forClaims(): ClaimsSession | undefined {
    return this.#waiting && { zookeeper: this.zookeeper, waiting: this.#waiting.subtasks, cluster: this.#cluster };
  }

  /** Follows the waiting subtasks from now on, for nodes that join. Resolves when they are known. After an error it may be called again on the same session. */
  async followWaiting(): Promise<ClaimsSession> {
    if (this.#waiting === undefined) {
      const { claims, onIdle, mostEntries } = this.#options;
      const { zookeeper, lists } = this;
      const subtasks = new WaitingSubtasks({
        zookeeper,
        onWaiting: () => claims.nodes.serve(),
        onShard: (shard) => lists.follow(shard),
        onGone: (entry) => this.#guard(lists.isDone(entry.hash).then((isDone) => isDone && claims.doneElsewhere(entry))),
        onIdle: (query) => onIdle(zookeeper, query),
        mostEntries,
      });
      subtasks.queue.nodes = claims.nodes;
      this.#cluster.setNames(this.#names);
      this.#waiting = { subtasks };
      followWithdrawals(zookeeper, claims);
    }
    const waiting = this.#waiting;
    waiting.ready ??= this.#startWaiting(waiting.subtasks).catch((error: unknown) => {
      waiting.ready = undefined;
      throw error;
    });
    await waiting.ready;
    return this.forClaims!;
  }

  async #startWaiting(subtasks: WaitingSubtasks): Promise<void> {
    await this.#followReturned(subtasks);
    await subtasks.start();
  }

  /** Looks for subtasks of a query that no node of this process knows, if this one is: it is alive, though the query's segments were all read. */
  findOverlooked(segments: Segments, query: string, hash: string): void {
    const waiting = this.#waiting?.subtasks;
    const overlooked = waiting && overlooking(waiting, query, hash);
    if (overlooked)
      this.#guard(readOverlooked(this.zookeeper, segments, query).then((read) => read && waiting.addOverlooked(overlooked, read)));
  }

  /** Must be called after the connection was lost and restored within the session: it reads what happened meanwhile. */
  resume(): void {
    this.lists.resume();
    this.#news.resume();
    for (const list of this.zookeeper.followed) void list.look();
    this.#waiting?.subtasks.resume();
    if (this.#waiting) this.#guard(this.#followReturned(this.#waiting.subtasks));
    this.#options.claims.nodes.serve();
  }

  /** Hears of subtasks that wait again after a claim. */
  async #followReturned(subtasks: WaitingSubtasks): Promise<void> {
    const { session, layout, lost } = this.zookeeper;
    const content = await session.get(layout.returned, this.#onReturned);
    const version = content?.stat.version ?? 0;
    if (lost.aborted || version === this.#returned) return;
    this.#returned = version;
    subtasks.returnAside();
  }

  /** The function is always the same, because then the client keeps only one watcher for the path. */
  readonly #onReturned = () => {
    if (this.#waiting) this.#guard(this.#followReturned(this.#waiting.subtasks));
  };

  #readNodes(names: readonly string[], changes: number): void {
    this.#names = names;
    // The news do not tell what a node did before it was first seen. Refused claims and the shards tell that.
    this.#news.setNodes(names, this.#nodesChanged ?? -1);
    this.#nodesChanged = undefined;
    if (this.#waiting) this.#cluster.setNames(names);
    if (this.#nodeChanges !== undefined && this.#nodeChanges !== changes) {
      this.#waiting?.subtasks.returnAside();
      clearTimeout(this.#sweeping);
      this.#sweeping = setTimeout(() => this.#guard(sweepLostClaims(this.zookeeper)), Math.random() * sweepWithin);
    }
    this.#nodeChanges = changes;
  }

  #guard(reading: Promise<unknown>): void {
    reading.catch(unlessInDoubt(this.zookeeper.onError));
  }
}

/**
 * Stops the claimed subtasks of this process's nodes when they are withdrawn. A watch reports that something was withdrawn. Which subtasks are concerned is
 * read from the subtasks themselves, which are then gone, since a record of a withdrawal may be older than the claim.
 */
export function followWithdrawals(zookeeper: ZooKeeper, claims: Pick<ZooKeeperClaims, "heldHashes" | "withdraw">): void {
  const { session, layout } = zookeeper;
  const findGone = async () => {
    const hashes = claims.heldHashes();
    const found = await Promise.all(hashes.map((hash) => session.exists(subtaskPath(layout, hash))));
    claims.withdraw(hashes.filter((_, index) => found[index] === undefined));
  };
  const stopGone = () => void findGone().catch(unlessInDoubt(zookeeper.onError));
  const list = new FollowedList({
    zookeeper,
    path: layout.withdrawn,
    costFactor,
    // Withdrawn subtasks are removed in the transaction that the watch reports. So they are looked at immediately; the list only sets the watch again.
    onChange: stopGone,
    onList: stopGone,
  });
  void list.look();
}
