/**
 * The waiting subtasks as a node sees them: those of all queries in which clients are interested, in the queue of claims. They are built from the interests
 * and segments on ZooKeeper and updated by watches. Outdated entries cost a refused claim, but never lose a subtask.
 * At most `mostEntries` are kept. Further segments are read when there is space, those of the best priority first.
 */
import { pause } from "../../../base/pause.ts";
import { turn } from "../../../base/turn.ts";
import type { Verdict } from "../../queue/claim-end.ts";
import { ClaimQueue } from "../../queue/claim-queue.ts";
import { FollowedList } from "../protocol/followed-list.ts";
import type { Listing } from "../protocol/session.ts";
import { unlessInDoubt } from "../protocol/zookeeper-error.ts";
import { groupInterests } from "../requests/interests.ts";
import { type Latest, parseLatest } from "../znodes/encoding.ts";
import { type InterestName, isSegmentName, shardOf } from "../znodes/layout.ts";
import { logSkip } from "../znodes/skip-log.ts";
import type { ZooKeeper } from "../zookeeper.ts";
import { QueryEntry, SubtaskEntry } from "./entries.ts";
import { EntriesByShard } from "./entries-by-shard.ts";
import { type ReadSegment, UnreadSegments } from "./unread-segments.ts";

export interface WaitingSubtasksOptions {
  readonly zookeeper: ZooKeeper;
  /** Called when there may be subtasks to claim. */
  readonly onWaiting: () => void;
  /** Called when a shard has entries. */
  readonly onShard: (shard: number) => void;
  /** Called when a subtask that failed here is gone, done by another node or withdrawn; before the news of its shard is taken in. */
  readonly onGone: (entry: SubtaskEntry) => void;
  /** Called when a query has no subtasks left. */
  readonly onIdle: (query: string) => void;
  readonly mostEntries: number;
}

const perTurn = 2_000;
const plenty = 4_000;

export class WaitingSubtasks {
  readonly queue = new ClaimQueue<SubtaskEntry>();
  /** All subtasks that are known, whoever has them. */
  readonly entries = new EntriesByShard();
  /** The queries in which clients are interested, by hash. */
  readonly queries = new Map<string, QueryEntry>();
  readonly #options: WaitingSubtasksOptions;
  /** The subtasks that other nodes are known to have. */
  readonly aside = new Set<SubtaskEntry>();
  readonly #interests: FollowedList;
  /** The latest segment that was queued, and the order of that change. */
  #latest: (Latest & { readonly era: string; readonly order: number }) | undefined;
  readonly #unread: UnreadSegments;
  #reading: Promise<void> | undefined;
  /** The queries whose segments are not known yet. */
  readonly #opening = new Set<Promise<void>>();
  #isStarted = false;

  constructor(options: WaitingSubtasksOptions) {
    this.#options = options;
    const { zookeeper } = options;
    this.#unread = new UnreadSegments(zookeeper, { isUrgent: () => !this.#isStarted || this.queue.order.size < plenty });
    this.#interests = new FollowedList({
      zookeeper,
      path: zookeeper.layout.interest,
      costFactor: 2,
      alongside: () => this.#readLatest(),
      onList: (listing) => listing && this.#readInterests(listing),
    });
  }

  /** Resolves when all present subtasks are known, so that the best one is claimed first. */
  async start(): Promise<void> {
    await this.#interests.look();
    while (this.#opening.size > 0) await Promise.all(this.#opening);
    await this.#reading;
    this.#isStarted = true;
  }

  /** Must be called after the connection was lost and restored. */
  resume(): void {
    this.#readMore();
  }

  /** Sets a subtask aside, since its claim was refused because another node has it. */
  setAside(entry: SubtaskEntry, rival: string): void {
    if (entry.kind === "gone") return;
    if (entry.rival?.name !== rival) entry.rival = { name: rival, since: performance.now(), isCopied: false };
    this.queue.remove(entry);
    entry.kind = "aside";
    this.aside.add(entry);
  }

  /** Takes note that a subtask of another node is computed here, too. */
  copy(entry: SubtaskEntry): void {
    this.aside.delete(entry);
    entry.kind = "ours";
    if (entry.rival) entry.rival.isCopied = true;
  }

  /** Makes subtasks that were set aside wait again, since they may be free. */
  returnAside(): void {
    for (const entry of [...this.aside]) this.putBack(entry);
    this.#options.onWaiting();
  }

  /** Removes a subtask that a claim found gone. One that was listed after `order` was queued anew meanwhile, so it waits; at worst, the next claim is refused. */
  removeUnlessListed(entry: SubtaskEntry, order: number): void {
    if (entry.order > order) this.putBack(entry);
    else this.remove(entry);
  }

  /** Takes note of the end of a claim of this process; `ClaimQueue.end` tells the queue. */
  ended(entry: SubtaskEntry, verdict: Verdict): void {
    if (verdict.kind === "unowned" && entry.queries.length > 0) entry.kind = "waiting";
    else this.remove(entry);
  }

  /** Adds subtasks that a query's segments name, but that are not known here. */
  addOverlooked(query: QueryEntry, known: ReadSegment): void {
    const [name] = query.segments;
    if (name !== undefined && !query.stop.signal.aborted) this.#unread.add({ query, name, known });
    this.#readMore();
  }

  putBack(entry: SubtaskEntry, options?: { readonly first: boolean }): void {
    if (entry.queries.length === 0) this.remove(entry);
    if (entry.kind === "gone") return;
    entry.kind = "waiting";
    this.aside.delete(entry);
    this.queue.add(entry, options);
  }

  remove(entry: SubtaskEntry): void {
    if (entry.kind === "gone") return;
    entry.kind = "gone";
    this.queue.remove(entry);
    this.aside.delete(entry);
    this.entries.remove(entry);
    for (const query of entry.queries) {
      query.entries.delete(entry);
      this.#tellIdle(query);
    }
    this.#readMore();
  }

  /** Removes subtasks that are done or withdrawn, except those that were queued after `order`. Returns the hashes of those that this process has. */
  removeGone(entries: readonly SubtaskEntry[], order: number): readonly string[] {
    const ours: string[] = [];
    for (const entry of entries.filter((each) => each.order <= order)) {
      if (entry.kind !== "ours" && entry.triedBy && entry.queries.length > 0) this.#options.onGone(entry);
      if (entry.kind === "ours") ours.push(entry.hash);
      else this.remove(entry);
    }
    return ours;
  }

  /** Reads the latest segment together with the news, which saves idle nodes two requests. */
  async #readLatest(): Promise<void> {
    this.#latest = undefined;
    if (!this.#isStarted || this.queue.order.size > 0) return;
    const { session, layout, log } = this.#options.zookeeper;
    const content = await session.get(layout.epoch);
    const latest = content && parseLatest(content.data);
    if (content && content.data.length > 0 && latest === undefined) logSkip(log, layout.epoch);
    this.#latest = latest && { ...latest, era: content!.stat.mzxid.toString("hex"), order: content!.order };
  }

  #readInterests({ children }: Listing): void {
    const byQuery = groupInterests(this.#options.zookeeper, children);
    for (const query of [...this.queries.values()]) {
      const interests = byQuery.get(query.hash) ?? [];
      if (namesOf(interests) !== namesOf(query.interests)) this.#track(this.#changeInterests(query, interests));
    }
    for (const [hash, interests] of byQuery) if (!this.queries.has(hash)) this.#openQuery(hash, interests);
    this.#readMore();
  }

  #openQuery(hash: string, interests: readonly InterestName[]): void {
    const { zookeeper } = this.#options;
    const query = new QueryEntry(hash, interests);
    this.queries.set(hash, query);
    const path = `${zookeeper.layout.queries}/${hash}`;
    const list = new FollowedList({ zookeeper, path, stop: query.stop.signal, onList: (listing) => this.#readQuery(query, listing) });
    const latest = this.#latest;
    if (latest?.query === hash) {
      // The query was made by the same change. Where it is another by now, its list will tell.
      query.era = latest.era;
      this.#unread.add({ query, name: latest.name, known: latest });
      // The list is read in a later turn, so that claims of these subtasks are sent first.
      this.#track(pause(0, query.stop.signal).then(() => list.look()));
      return;
    }
    const opening = list.look().then(() => {
      this.#opening.delete(opening);
      this.#readMore();
    });
    this.#opening.add(opening);
  }

  #readQuery(query: QueryEntry, listing: Listing | undefined): void {
    if (listing === undefined) {
      this.#options.onIdle(query.hash);
      this.#track(this.#changeInterests(query, []));
      return;
    }
    const era = listing.stat.czxid.toString("hex");
    // Another query of the same name: its segments may have the same names too.
    if (query.era !== era) query.segments.clear();
    query.era = era;
    for (const name of listing.children) {
      if (query.segments.has(name)) continue;
      query.segments.add(name);
      if (isSegmentName(name)) this.#unread.add({ query, name });
      else logSkip(this.#options.zookeeper.log, `${this.#options.zookeeper.layout.queries}/${query.hash}/${name}`);
    }
    this.#readMore();
    this.#tellIdle(query);
  }

  #readMore(): void {
    // Queries that are found together are opened together, so that the best of them comes first.
    if (this.#reading || this.#opening.size > 0 || this.#unread.size === 0 || !this.#mayRead) return;
    this.#reading = this.#readSegments().finally(() => {
      this.#reading = undefined;
    });
    // Repeated, since segments may have been listed just when reading ended.
    this.#track(this.#reading.then(() => this.#readMore()));
  }

  get #mayRead(): boolean {
    return !this.#options.zookeeper.lost.aborted && this.entries.size < this.#options.mostEntries;
  }

  async #readSegments(): Promise<void> {
    while (this.#mayRead) {
      const taken = await this.#unread.take();
      if (taken === undefined) return;
      const { query, read } = taken;
      const shards = read ? await this.#add(query, read) : [];
      this.#options.onWaiting();
      // Claims are sent before more is read.
      await turn();
      for (const shard of shards) this.#options.onShard(shard);
      this.#tellIdle(query);
    }
  }

  /** Adds the subtasks of a segment; returns the shards of the new ones. */
  async #add(query: QueryEntry, { segment: { subtasks, hashes }, order }: ReadSegment): Promise<Iterable<number>> {
    const shards = new Set<number>();
    for (const [index, hash] of hashes.entries()) {
      if (index % perTurn === perTurn - 1) await turn();
      let entry = this.entries.get(hash);
      if (entry === undefined) {
        entry = new SubtaskEntry(hash, subtasks[index]!, order);
        this.entries.add(entry);
        shards.add(shardOf(hash));
      }
      entry.order = Math.max(entry.order, order);
      if (entry.queries.includes(query)) continue;
      entry.queries = entry.queries.length === 0 ? query.alone : [...entry.queries, query];
      query.entries.add(entry);
      if (entry.kind === "waiting") this.queue.move(entry);
    }
    return shards;
  }

  async #changeInterests(query: QueryEntry, interests: readonly InterestName[]): Promise<void> {
    query.interests = interests;
    if (interests.length === 0) {
      query.stop.abort();
      this.queries.delete(query.hash);
      this.#unread.drop(query);
    }
    let done = 0;
    for (const entry of [...query.entries]) {
      if (++done % perTurn === 0) await turn();
      if (interests.length === 0) this.#detach(entry, query);
      else if (entry.kind === "waiting") this.queue.move(entry);
    }
    this.#options.onWaiting();
  }

  #detach(entry: SubtaskEntry, query: QueryEntry): void {
    query.entries.delete(entry);
    entry.queries = entry.queries.filter((other) => other !== query);
    // A subtask that this process has claimed stays until its claim has ended.
    if (entry.queries.length === 0 && entry.kind !== "ours") this.remove(entry);
    else if (entry.kind === "waiting") this.queue.move(entry);
  }

  #tellIdle(query: QueryEntry): void {
    if (query.entries.size === 0 && query.unread === 0 && query.segments.size > 0 && !query.stop.signal.aborted)
      this.#options.onIdle(query.hash);
  }

  #track(reading: Promise<void>): void {
    reading.catch(unlessInDoubt(this.#options.zookeeper.onError));
  }
}

const namesOf = (interests: readonly InterestName[]): string => interests.map(({ name }) => name).join();
