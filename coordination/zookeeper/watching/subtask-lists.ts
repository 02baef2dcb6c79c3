/**
 * Follows the lists of one session that tell which subtasks exist, are claimed, and have failed. It tells `WatchedSubtasks` what follows for the watched ones,
 * and `onShard` which subtasks exist. There is one watch on the claims, one on the failed, one on each shard that is used, and one on each of a few single
 * subtasks, whose ends are then heard sooner.
 */

import { pause } from "../../../base/pause.ts";
import type { SubtaskNews } from "../../coordinator.ts";
import { describeFailure } from "../../queue/claim-end.ts";
import { FollowedList, NamesBudget } from "../protocol/followed-list.ts";
import type { Content, Listing } from "../protocol/session.ts";
import { unlessInDoubt } from "../protocol/zookeeper-error.ts";
import { parseSubtaskBody } from "../znodes/encoding.ts";
import { failedHash, hashOfClaim, isHash, readClaimNames, shardOf, subtaskPath } from "../znodes/layout.ts";
import { logSkip } from "../znodes/skip-log.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { SingleWatches } from "./single-watches.ts";
import type { WatchedSubtasks } from "./watched-subtasks.ts";
import type { Withdrawals } from "./withdrawals.ts";

export interface SubtaskListsOptions {
  readonly zookeeper: ZooKeeper;
  readonly watched: WatchedSubtasks;
  readonly withdrawals: Withdrawals;
  readonly onShard: (shard: number, listing: Listing, names: ReadonlySet<string>) => void;
}

const none: ReadonlySet<string> = new Set();
const mostEnded = 16;
/** The milliseconds from a change of a shard to the look at it. This may be slow, since nodes tell by their news what they complete. */
const shardPause = 2_500;
/** The milliseconds from a change of the claims to the look at them. */
const claimsPause = 50;
/** The milliseconds after which the shards of ended claims have been looked at: a look comes at most a second after its turn. */
const afterEnd = shardPause + 1_500;
/** The milliseconds within which the news of a node tells of a claim's end. */
const newsWithin = 100;
/** In milliseconds. A caller that asks next for what it watches knows the states by then, and the shard need not be read. */
const learnWithin = 100;

export class SubtaskLists {
  readonly #zookeeper: ZooKeeper;
  readonly #watched: WatchedSubtasks;
  readonly #onShard: SubtaskListsOptions["onShard"];
  readonly #withdrawals: Withdrawals;
  readonly #single: SingleWatches;
  readonly #budget = new NamesBudget();
  readonly #shards = new Map<number, FollowedList>();
  #claims: { readonly claimed: ReadonlySet<string>; readonly running: ReadonlySet<string>; readonly order: number } | undefined;
  #failed: ReadonlySet<string> = none;
  #isFollowing = false;
  /** The hashes of ended claims, soonest first, and when their shards will have been looked at, on the clock of `performance.now()`. */
  readonly #ended = new Map<string, number>();
  #later: ReturnType<typeof setTimeout> | undefined;
  /** The shards to look at if a watched subtask in them is still unknown after `learnWithin`. */
  readonly #unknown = new Set<number>();
  #learning: ReturnType<typeof setTimeout> | undefined;

  constructor({ zookeeper, watched, withdrawals, onShard }: SubtaskListsOptions) {
    this.#zookeeper = zookeeper;
    this.#watched = watched;
    this.#onShard = onShard;
    this.#withdrawals = withdrawals;
    withdrawals.forget();
    this.#single = new SingleWatches({
      zookeeper,
      isWatched: (hash) => watched.find(hash) !== undefined,
      // The shard's last change is taken now, before the next look can replace it.
      onGone: (hash, order) => this.#inBackground(this.#readGone([hash], order, withdrawals.lastSeen(shardOf(hash)))),
      onChanged: (hash, content) => this.#readContent(hash, content),
    });
    for (const shard of watched.shards) this.followWatched(shard);
    const stop = () => {
      clearTimeout(this.#later);
      clearTimeout(this.#learning);
    };
    zookeeper.lost.addEventListener("abort", stop, { once: true });
  }

  /** Must be called after the connection was lost and restored. */
  resume(): void {
    this.#withdrawals.forget();
  }

  /** Follows a shard in which something is watched. `asksNext` is that of `WatchOptions`. */
  followWatched(shard: number, asksNext = false): void {
    if (!this.#isFollowing) {
      this.#isFollowing = true;
      const { layout } = this.#zookeeper;
      this.#inBackground(this.#withdrawals.read(this.#zookeeper));
      void this.#follow(layout.claims, (listing) => listing && this.#readClaims(listing), claimsPause).look();
      void this.#follow(layout.failed, (listing) => listing && this.#readFailed(listing)).look();
    }
    const list = this.#shards.get(shard);
    if (list === undefined) this.follow(shard);
    // The end of a subtask is an event only if it was known to exist, so the shard is read now.
    else if (!asksNext) void list.look();
    else {
      this.#unknown.add(shard);
      this.#learning ??= setTimeout(() => this.#learn(), learnWithin);
    }
  }

  #learn(): void {
    this.#learning = undefined;
    for (const shard of this.#unknown)
      if ([...this.#watched.inShard(shard)].some(({ known }) => known === undefined)) void this.#shards.get(shard)!.look();
    this.#unknown.clear();
  }

  /** Watches a single subtask, which must exist. */
  followOne(hash: string): void {
    this.#single.follow(hash);
  }

  /** Whether a subtask is known to be done by another node. This must be called when a look at its shard no longer finds it, before that look is recorded. */
  async isDone(hash: string): Promise<boolean> {
    const seen = this.#withdrawals.lastSeen(shardOf(hash));
    await this.#withdrawals.read(this.#zookeeper);
    return this.#withdrawals.whatBecame(hash, seen) === "done";
  }

  follow(shard: number): void {
    if (this.#shards.has(shard)) return;
    const list = new FollowedList({
      zookeeper: this.#zookeeper,
      path: this.#zookeeper.layout.shards[shard]!,
      pause: shardPause,
      budget: this.#budget,
      onList: (listing) => listing && this.#readShard(shard, listing),
    });
    this.#shards.set(shard, list);
    void list.look();
  }

  #follow(path: string, onList: (listing: Listing | undefined) => void, pause = 0): FollowedList {
    return new FollowedList({ zookeeper: this.#zookeeper, path, pause, onList });
  }

  #readShard(shard: number, listing: Listing): void {
    const names = new Set(listing.children);
    this.#onShard(shard, listing, names);
    const seenBefore = this.#withdrawals.lastSeen(shard);
    this.#withdrawals.saw(shard, listing.stat.pzxid);
    const gone: string[] = [];
    for (const { hash, known } of this.#watched.inShard(shard)) {
      if (names.has(hash)) {
        if (known?.kind !== "failed" && !this.#failed.has(hash)) this.#observeThere(hash, known, listing.order);
      } else if (known === undefined) this.#watched.observed(hash, { kind: "done" }, listing.order);
      else if (!isGone(known.kind)) gone.push(hash);
    }
    if (gone.length > 0) this.#inBackground(this.#readGone(gone, listing.order, seenBefore));
    const failed = [...this.#watched.inShard(shard)]
      .filter(({ hash }) => names.has(hash) && this.#failed.has(hash))
      .map(({ hash }) => hash);
    if (failed.length > 0) this.#inBackground(this.#readAgain(failed));
  }

  #readClaims(listing: Listing): void {
    const old = this.#claims ?? { claimed: none, running: none };
    const now = { ...readClaimNames(this.#onlyHashes(this.#zookeeper.layout.claims, listing, hashOfClaim)), order: listing.order };
    this.#claims = now;
    for (const hash of new Set([...now.claimed, ...now.running])) {
      const known = this.#watched.find(hash)?.known;
      const isNew = !old.claimed.has(hash) || (now.running.has(hash) && !old.running.has(hash));
      if (isNew && known !== undefined && !isGone(known.kind)) this.#watched.observed(hash, this.#claimState(hash), listing.order);
    }
    const ended = [...old.claimed].filter((hash) => !now.claimed.has(hash) && isOpen(this.#watched.find(hash)?.known));
    if (ended.length > mostEnded) this.#readLater(ended);
    else if (ended.length > 0) this.#inBackground(this.#readUntold(ended));
  }

  /** Reads those of the ended claims' subtasks of which no news came. Nodes tell by their news how their claims ended, unless they died. */
  async #readUntold(ended: readonly string[]): Promise<void> {
    await pause(newsWithin, this.#zookeeper.lost);
    const left = ended.filter((hash) => isOpen(this.#watched.find(hash)?.known) && !this.#claims?.claimed.has(hash));
    if (!this.#zookeeper.lost.aborted) await this.#readAgain(left);
  }

  /** Reads these subtasks later. Most of them are done, and the next looks at their shards say so; only the others are read. */
  #readLater(ended: readonly string[]): void {
    const due = performance.now() + afterEnd + this.#budget.backlog;
    for (const hash of ended) this.#ended.set(hash, due);
    this.#later ??= setTimeout(() => this.#readDue(), due - performance.now());
  }

  #readDue(): void {
    this.#later = undefined;
    const now = performance.now();
    const left: string[] = [];
    for (const [hash, due] of this.#ended) {
      if (due > now) {
        this.#later = setTimeout(() => this.#readDue(), due - now);
        break;
      }
      this.#ended.delete(hash);
      const known = this.#watched.find(hash)?.known;
      if (known !== undefined && !isGone(known.kind) && !this.#claims?.claimed.has(hash)) left.push(hash);
    }
    this.#inBackground(this.#readAgain(left));
  }

  #readFailed(listing: Listing): void {
    const old = this.#failed;
    this.#failed = new Set(this.#onlyHashes(this.#zookeeper.layout.failed, listing, failedHash).map(failedHash));
    const changed = [...old].filter((hash) => !this.#failed.has(hash)).concat([...this.#failed].filter((hash) => !old.has(hash)));
    const watched = changed.filter((hash) => this.#watched.find(hash));
    if (watched.length > 0) this.#inBackground(this.#readAgain(watched));
  }

  /** Leaves out malformed names, and logs them. */
  #onlyHashes(folder: string, { children }: Listing, hashOf: (name: string) => string): readonly string[] {
    return children.filter((name) => {
      const isKnown = isHash(hashOf(name));
      if (!isKnown) logSkip(this.#zookeeper.log, `${folder}/${name}`);
      return isKnown;
    });
  }

  #claimState(hash: string) {
    if (this.#claims?.running.has(hash)) return { kind: "running" } as const;
    return { kind: this.#claims?.claimed.has(hash) ? "loading" : "unowned" } as const;
  }

  /**
   * Records that a subtask exists. If it did not exist before, or had failed, that is news. Otherwise only the state of its claim can be news, which is as old
   * as the list of claims.
   */
  #observeThere(hash: string, known: SubtaskNews | undefined, order: number): void {
    // The first list of claims is still under way; a list of the shard follows it.
    if (this.#claims === undefined) return;
    const isBack = known !== undefined && (known.kind === "failed" || isGone(known.kind));
    this.#watched.observed(hash, this.#claimState(hash), isBack ? order : Math.min(order, this.#claims.order));
  }

  async #readAgain(hashes: readonly string[]): Promise<void> {
    const { session, layout } = this.#zookeeper;
    const gone: string[] = [];
    // An absent subtask has no order of its own. It is absent since after the latest answer.
    const order = session.latest + 0.5;
    const found = await Promise.all(hashes.map((hash) => session.get(subtaskPath(layout, hash))));
    for (const [index, hash] of hashes.entries()) {
      const content = found[index];
      const known = this.#watched.find(hash)?.known;
      if (content === undefined) {
        if (known !== undefined && !isGone(known.kind)) gone.push(hash);
        continue;
      }
      this.#readContent(hash, content);
    }
    if (gone.length > 0) await this.#readGone(gone, order);
  }

  #readContent(hash: string, { data, order }: Content): void {
    const { attempts, failed } = parseSubtaskBody(data);
    if (failed === undefined) this.#observeThere(hash, this.#watched.find(hash)?.known, order);
    else this.#watched.observed(hash, { kind: "failed", failure: describeFailure(attempts) }, order);
  }

  /** Finds what became of subtasks that are gone. `seenBefore` is the last change of their shard that was seen while they existed. */
  async #readGone(hashes: readonly string[], order: number, seenBefore?: Buffer): Promise<void> {
    await this.#withdrawals.read(this.#zookeeper);
    for (const hash of hashes) {
      const kind = this.#withdrawals.whatBecame(hash, seenBefore ?? this.#withdrawals.lastSeen(shardOf(hash)));
      if (kind === undefined) this.#watched.forget(hash, order);
      else this.#watched.observed(hash, { kind }, order);
    }
  }

  #inBackground(reading: Promise<void>): void {
    reading.catch(unlessInDoubt(this.#zookeeper.onError));
  }
}

const isOpen = (known: SubtaskNews | undefined): boolean => known !== undefined && !isGone(known.kind);
const isGone = (kind: string): boolean => kind === "done" || kind === "withdrawn";
