/**
 * What waits to be computed, as a node sees it: the subtasks of all queries that somebody asks for, in order. Built from the asks and segments of a
 * session and kept up by their watches; what is out of date in it costs a claim that is refused, never a subtask.
 *
 * At most `mostEntries` are held: further segments are read when there is room, those of the best priority first.
 */
import { setImmediate as turn } from "node:timers/promises";
import { WaitingOrder } from "../../queue/waiting-order.ts";
import type { Listing } from "../protocol/session.ts";
import { isInDoubt } from "../protocol/zookeeper-error.ts";
import { groupAsks } from "../requests/asks.ts";
import { View } from "../watching/view.ts";
import { type Latest, parseLatest } from "../znodes/bodies.ts";
import { type AskName, isSegmentName, shardCount, shardOf } from "../znodes/layout.ts";
import { logSkip } from "../znodes/skip-log.ts";
import { type ReadSegment, UnreadSegments } from "./unread-segments.ts";
import { WorkEntry, WorkQuery } from "./work-entry.ts";
import type { WorkOptions } from "./work-options.ts";

const perTurn = 2_000;
const plenty = 4_000;

export class Work {
  readonly order = new WaitingOrder<WorkEntry>();
  readonly #options: WorkOptions;
  readonly #shards: readonly Map<string, WorkEntry>[] = Array.from({ length: shardCount }, () => new Map());
  readonly #aside = new Set<WorkEntry>();
  /** Those that failed here and are not in the order. */
  readonly left = new Set<WorkEntry>();
  readonly #queries = new Map<string, WorkQuery>();
  readonly #asks: View;
  /** What was asked for last, and the change that it was. */
  #latest: (Latest & { readonly era: string; readonly order: number }) | undefined;
  readonly #unread: UnreadSegments;
  #reading: Promise<void> | undefined;
  /** Queries whose segments are not known yet. */
  readonly #opening = new Set<Promise<void>>();
  #size = 0;
  #isStarted = false;

  constructor(options: WorkOptions) {
    this.#options = options;
    const { context } = options;
    this.#unread = new UnreadSegments(context, { isUrgent: () => !this.#isStarted || this.order.size < plenty });
    this.#asks = new View({
      context,
      path: context.layout.asks,
      costFactor: 2,
      alongside: () => this.#readLatest(),
      onList: (listing) => listing && this.#readAsks(listing),
    });
  }

  /** Resolves when what there is now is known, so that the best goes first. */
  async start(): Promise<void> {
    await this.#asks.look();
    while (this.#opening.size > 0) await Promise.all(this.#opening);
    await this.#reading;
    this.#isStarted = true;
  }

  /** After a connection was lost and found again. */
  resume(): void {
    this.#readMore();
  }

  /** A claim on it was refused because another node has it. */
  setAside(entry: WorkEntry, rival: string): void {
    if (entry.kind === "gone") return;
    if (entry.rival?.name !== rival) entry.rival = { name: rival, since: performance.now(), isCopied: false };
    this.order.remove(entry);
    entry.kind = "aside";
    this.#aside.add(entry);
  }

  /** Those that other nodes have, as far as is known. */
  get aside(): ReadonlySet<WorkEntry> {
    return this.#aside;
  }

  /** It failed here: it is not in the order until it is put back. */
  leave(entry: WorkEntry): void {
    this.putBack(entry);
    if (entry.kind === "gone") return;
    this.order.remove(entry);
    entry.kind = "left";
    this.left.add(entry);
  }

  /** One that another node has is computed here, too. */
  copy(entry: WorkEntry): void {
    this.#aside.delete(entry);
    entry.kind = "ours";
    if (entry.rival) entry.rival.isCopied = true;
  }

  /** Those that other nodes had may be free again. */
  returnAside(): void {
    for (const entry of [...this.#aside]) this.putBack(entry);
    this.#options.onWork();
  }

  putBack(entry: WorkEntry, options?: { readonly first: boolean }): void {
    if (entry.kind === "gone") return;
    if (entry.queries.length === 0) {
      this.remove(entry);
      return;
    }
    entry.kind = "waiting";
    this.#aside.delete(entry);
    this.left.delete(entry);
    this.order.remove(entry);
    this.order.add(entry, entry.place(), options);
  }

  remove(entry: WorkEntry): void {
    if (entry.kind === "gone") return;
    entry.kind = "gone";
    this.order.remove(entry);
    this.#aside.delete(entry);
    this.left.delete(entry);
    this.#shards[shardOf(entry.hash)]!.delete(entry.hash);
    this.#size--;
    for (const query of entry.queries) {
      query.entries.delete(entry);
      this.#tellIdle(query);
    }
    this.#readMore();
  }

  /** What a shard has: entries that are not there are done or withdrawn. Gives those of them that this process has. */
  reconcile(shard: number, { order }: Listing, names: ReadonlySet<string>): readonly WorkEntry[] {
    const ours: WorkEntry[] = [];
    for (const entry of this.#shards[shard]!.values()) {
      if (names.has(entry.hash) || entry.order > order) continue;
      if (entry.kind === "ours") {
        ours.push(entry);
        continue;
      }
      if (entry.triedBy && entry.queries.length > 0) this.#options.onGone(entry);
      this.remove(entry);
    }
    return ours;
  }

  /** Spares those that have nothing to do two questions. */
  async #readLatest(): Promise<void> {
    this.#latest = undefined;
    if (!this.#isStarted || this.order.size > 0) return;
    const { session, layout, log } = this.#options.context;
    const content = await session.get(layout.epoch);
    const latest = content && parseLatest(content.data);
    if (content && content.data.length > 0 && latest === undefined) logSkip(log, layout.epoch);
    this.#latest = latest && { ...latest, era: content!.stat.mzxid.toString("hex"), order: content!.order };
  }

  #readAsks({ children }: Listing): void {
    const byQuery = groupAsks(this.#options.context, children);
    for (const query of [...this.#queries.values()]) {
      const asks = byQuery.get(query.hash) ?? [];
      const isSame = asks.length === query.asks.length && asks.every(({ name }, index) => name === query.asks[index]!.name);
      if (!isSame) this.#track(this.#changeAsks(query, asks));
    }
    for (const [hash, asks] of byQuery) if (!this.#queries.has(hash)) this.#openQuery(hash, asks);
    this.#readMore();
  }

  #openQuery(hash: string, asks: readonly AskName[]): void {
    const { context } = this.#options;
    const query = new WorkQuery(hash, asks);
    this.#queries.set(hash, query);
    const path = `${context.layout.queries}/${hash}`;
    const view = new View({ context, path, stop: query.stop.signal, onList: (listing) => this.#readQuery(query, listing) });
    const latest = this.#latest;
    if (latest?.query === hash) {
      // The query was made by the same change. Where it is another by now, its list will tell.
      query.era = latest.era;
      this.#unread.add({ query, name: latest.name, known: latest });
      void view.look();
      return;
    }
    const opening = view.look().then(() => {
      this.#opening.delete(opening);
      this.#readMore();
    });
    this.#opening.add(opening);
  }

  #readQuery(query: WorkQuery, listing: Listing | undefined): void {
    if (listing === undefined) {
      this.#options.onIdle(query.hash);
      this.#track(this.#changeAsks(query, []));
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
      else logSkip(this.#options.context.log, `${this.#options.context.layout.queries}/${query.hash}/${name}`);
    }
    this.#readMore();
    this.#tellIdle(query);
  }

  #readMore(): void {
    // Of queries that are found together the best comes first.
    if (this.#reading || this.#opening.size > 0 || this.#unread.size === 0 || !this.#mayRead) return;
    this.#reading = this.#readSegments().finally(() => {
      this.#reading = undefined;
    });
    // What was listed just as the reading ended.
    this.#track(this.#reading.then(() => this.#readMore()));
  }

  get #mayRead(): boolean {
    return !this.#options.context.lost.aborted && this.#size < this.#options.mostEntries;
  }

  async #readSegments(): Promise<void> {
    while (this.#mayRead) {
      const taken = await this.#unread.take();
      if (taken === undefined) return;
      const { query, read } = taken;
      const shards = read ? await this.#add(query, read) : [];
      this.#options.onWork();
      for (const shard of shards) this.#options.onShard(shard);
      this.#tellIdle(query);
    }
  }

  /** Gives the shards of what is new. */
  async #add(query: WorkQuery, { segment: { subtasks, hashes }, order }: ReadSegment): Promise<Iterable<number>> {
    const shards = new Set<number>();
    for (const [index, hash] of hashes.entries()) {
      if (index % perTurn === perTurn - 1) await turn();
      const inShard = this.#shards[shardOf(hash)]!;
      let entry = inShard.get(hash);
      if (entry === undefined) {
        entry = new WorkEntry(hash, subtasks[index]!, order);
        inShard.set(hash, entry);
        this.#size++;
        shards.add(shardOf(hash));
      }
      if (entry.queries.includes(query)) continue;
      entry.queries = entry.queries.length === 0 ? query.alone : [...entry.queries, query];
      query.entries.add(entry);
      this.#place(entry);
    }
    return shards;
  }

  #place(entry: WorkEntry): void {
    if (entry.kind !== "waiting") return;
    const place = entry.place();
    const now = this.order.placeOf(entry);
    if (now?.priority === place.priority && now.client === place.client) return;
    this.order.remove(entry);
    this.order.add(entry, place);
  }

  async #changeAsks(query: WorkQuery, asks: readonly AskName[]): Promise<void> {
    query.asks = asks;
    if (asks.length === 0) {
      query.stop.abort();
      this.#queries.delete(query.hash);
      this.#unread.drop(query);
    }
    let done = 0;
    for (const entry of [...query.entries]) {
      if (++done % perTurn === 0) await turn();
      if (asks.length > 0) this.#place(entry);
      else this.#detach(entry, query);
    }
    this.#options.onWork();
  }

  #detach(entry: WorkEntry, query: WorkQuery): void {
    query.entries.delete(entry);
    entry.queries = entry.queries.filter((other) => other !== query);
    // What is ours or another's ends in its own way.
    if (entry.queries.length === 0 && entry.kind !== "ours") this.remove(entry);
    else this.#place(entry);
  }

  #tellIdle(query: WorkQuery): void {
    if (query.entries.size === 0 && query.unread === 0 && query.segments.size > 0 && !query.stop.signal.aborted)
      this.#options.onIdle(query.hash);
  }

  #track(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!isInDoubt(error)) this.#options.context.onError(error);
    });
  }
}
