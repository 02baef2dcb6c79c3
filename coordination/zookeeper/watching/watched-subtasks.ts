/**
 * What is known of the subtasks that somebody watches, and the events that follow from what becomes known. What this process does is heard at once;
 * what others do, from three kinds of lists: the claims, the failed ones, and those shards where something is watched.
 *
 * Every piece of news has the order of the answer that brought it; what is older than what is known already is ignored. A subtask that is gone is
 * done, unless it is among those that were withdrawn lately. Of changes that follow one another quickly others may hear only the last.
 */
import { turn } from "../../../base/turn.ts";
import type { SubtaskEvent, SubtaskNews, WatchOptions } from "../../coordinator.ts";
import { Watchers } from "../../watchers.ts";
import { hashName, shardOf } from "../znodes/layout.ts";
import type { lastChanges } from "../znodes/node-news.ts";

interface Watched {
  readonly key: string;
  readonly hash: string;
  watchers: number;
  /** It is watched for the sake of a few. */
  isOfFew: boolean;
  known: SubtaskNews | undefined;
  /** Its watchers have heard what is known of it. */
  isTold: boolean;
  /** This process computes it, and said so before any look can show that. */
  isBegunHere: boolean;
  order: number;
}

/** One call of `watch`: the subtasks that it has registered, and whether it asks for them next. */
interface Watching {
  readonly mine: Watched[];
  readonly asksNext: boolean;
}

const keysPerTurn = 2_000;
/** Of so many at a time each is watched by itself: their end is heard without another question. */
const few = 4;

export interface WatchedOptions {
  readonly onError: (error: unknown) => void;
  /** Something is watched in the shard that is not known. `asksNext` as in `WatchOptions`. */
  readonly onShard: (shard: number, asksNext: boolean) => void;
  /** One of a few watched subtasks was not there, or not known, and is there. */
  readonly onThere: (hash: string) => void;
}

export class WatchedSubtasks {
  readonly #watchers: Watchers;
  readonly #byHash = new Map<string, Watched>();
  readonly #byShard = new Map<number, Set<Watched>>();
  readonly #onShard: WatchedOptions["onShard"];
  readonly #onThere: (hash: string) => void;
  #registering: Promise<void> = Promise.resolve();

  constructor({ onError, onShard, onThere }: WatchedOptions) {
    this.#watchers = new Watchers(onError);
    this.#onShard = onShard;
    this.#onThere = onThere;
  }

  /** Resolves when what is watched was asked about. */
  get registered(): Promise<void> {
    return this.#registering;
  }

  get shards(): Iterable<number> {
    return this.#byShard.keys();
  }

  get size(): number {
    return this.#byHash.size;
  }

  inShard(shard: number): Iterable<{ readonly hash: string; readonly known: SubtaskNews | undefined }> {
    return this.#byShard.get(shard) ?? [];
  }

  find(hash: string): { readonly hash: string; readonly known: SubtaskNews | undefined } | undefined {
    return this.#byHash.get(hash);
  }

  watch(
    keys: ReadonlySet<string>,
    listener: (event: SubtaskEvent) => void,
    signal: AbortSignal,
    { asksNext = false }: WatchOptions = {},
  ): void {
    if (signal.aborted) return;
    this.#watchers.watch(keys, listener, signal);
    const mine: Watched[] = [];
    const watching = { mine, asksNext };
    if (keys.size <= keysPerTurn) this.#register([...keys], watching);
    else this.#registering = this.#registering.then(() => this.#registerSlowly([...keys], watching, signal));
    signal.addEventListener("abort", () => void this.#registering.then(() => this.#unregister(mine)), { once: true });
  }

  /** News of something that this process did. How a subtask ended is told also where a look that was asked for later has shown it already, as the first that was read. */
  happened(hash: string, known: SubtaskNews, order: number): void {
    const watched = this.#byHash.get(hash);
    if (watched === undefined) return;
    const isUntold = !isThere(known.kind) && watched.known?.kind === known.kind && !watched.isTold;
    if (order >= watched.order) {
      this.#learn(watched, known, order, true);
      watched.isBegunHere = known.kind === "running";
    }
    if (isUntold) this.#tell(watched, known);
  }

  /** News that were read. The first that is read about a subtask is no event. A look that shows as loaded what is computed here was asked for before that was on record. */
  observed(hash: string, known: SubtaskNews, order: number): void {
    const watched = this.#byHash.get(hash);
    if (watched === undefined || order <= watched.order || (watched.isBegunHere && known.kind === "loading")) return;
    this.#learn(watched, known, order, watched.known !== undefined);
  }

  /** What nodes of other processes told of their claims. What is done although it was known to be absent, or was not known, came and went since. */
  changed({ "+": claimed, "-": done, "=": freed }: ReturnType<typeof lastChanges>, order: number): void {
    for (const hash of claimed) if (this.#byHash.get(hash)?.known?.kind === "unowned") this.observed(hash, { kind: "loading" }, order);
    for (const hash of freed) {
      const known = this.#byHash.get(hash)?.known?.kind;
      if (known === "loading" || known === "running") this.observed(hash, { kind: "unowned" }, order);
    }
    for (const hash of done) {
      const watched = this.#byHash.get(hash);
      if (watched === undefined || order <= watched.order) continue;
      if (!isThere(watched.known?.kind)) watched.known = { kind: "unowned" };
      this.#learn(watched, { kind: "done" }, order, true);
    }
  }

  /** It is gone, and nobody can say how: watchers hear nothing, and whoever asks for its state finds none. */
  forget(hash: string, order: number): void {
    const watched = this.#byHash.get(hash);
    if (watched === undefined || order <= watched.order) return;
    watched.order = order;
    watched.known = undefined;
  }

  /** Everything that was known may have changed unseen, and orders start anew. */
  forgetOrders(): void {
    for (const watched of this.#byHash.values()) {
      watched.order = -1;
      watched.isBegunHere = false;
    }
  }

  #learn(watched: Watched, known: SubtaskNews, order: number, isEvent: boolean): void {
    const before = watched.known?.kind;
    watched.order = order;
    watched.known = known;
    watched.isBegunHere = false;
    watched.isTold &&= before === known.kind;
    if (watched.isOfFew && !isThere(before) && isThere(known.kind)) this.#onThere(watched.hash);
    if (!isEvent || before === known.kind || (before === "done" && known.kind === "withdrawn")) return;
    this.#tell(watched, known);
  }

  #tell(watched: Watched, known: SubtaskNews): void {
    watched.isTold = true;
    this.#watchers.emit(known.kind === "failed" ? { ...known, key: watched.key } : { kind: known.kind, key: watched.key });
  }

  async #registerSlowly(keys: readonly string[], watching: Watching, signal: AbortSignal): Promise<void> {
    for (let start = 0; start < keys.length && !signal.aborted; start += keysPerTurn) {
      this.#register(keys.slice(start, start + keysPerTurn), watching);
      await turn();
    }
  }

  #register(keys: readonly string[], { mine, asksNext }: Watching): void {
    const shards = new Set<number>();
    for (const key of keys) {
      const hash = hashName(key);
      let watched = this.#byHash.get(hash);
      if (watched === undefined) {
        watched = { key, hash, watchers: 0, isOfFew: false, known: undefined, isTold: false, isBegunHere: false, order: -1 };
        this.#byHash.set(hash, watched);
        const shard = shardOf(hash);
        const inShard = this.#byShard.get(shard);
        if (inShard) inShard.add(watched);
        else this.#byShard.set(shard, new Set([watched]));
      }
      if (watched.known === undefined) shards.add(shardOf(hash));
      watched.watchers++;
      watched.isOfFew ||= keys.length <= few;
      mine.push(watched);
    }
    for (const shard of shards) this.#onShard(shard, asksNext);
  }

  #unregister(mine: readonly Watched[]): void {
    for (const watched of mine) {
      if (--watched.watchers > 0) continue;
      this.#byHash.delete(watched.hash);
      const shard = shardOf(watched.hash);
      const inShard = this.#byShard.get(shard);
      inShard?.delete(watched);
      if (inShard?.size === 0) this.#byShard.delete(shard);
    }
  }
}

const isThere = (kind: SubtaskNews["kind"] | undefined): boolean => kind === "unowned" || kind === "loading" || kind === "running";
