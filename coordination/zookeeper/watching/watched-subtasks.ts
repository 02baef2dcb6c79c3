/**
 * Keeps what is known of the watched subtasks, and emits the events that follow from news of them. What this process does is heard immediately. What others do
 * is heard from the lists of claims, of failed subtasks, and of the shards in which something is watched.
 *
 * Every piece of news has the order of the answer that brought it, and is ignored if it is older than what is known. A subtask that is gone is done, unless it
 * was withdrawn lately. If several changes follow one another quickly, watchers may hear only the last.
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
  /** Whether a call watches it that watches only a few subtasks. */
  isOfFew: boolean;
  known: SubtaskNews | undefined;
  /** Whether its watchers were told what is known of it. */
  isTold: boolean;
  /** Whether this process computes it, and told so before any look could show that. */
  isBegunHere: boolean;
  order: number;
}

/** One call of `watch`: the subtasks that it has registered, and whether it asks for them next. */
interface Watching {
  readonly mine: Watched[];
  readonly asksNext: boolean;
}

const keysPerTurn = 2_000;
/** Up to this many subtasks of one call get a watch each, so that their ends are heard without another request. */
const few = 4;

export interface WatchedOptions {
  readonly onError: (error: unknown) => void;
  /** Called when an unknown subtask is watched in the shard. `asksNext` is that of `WatchOptions`. */
  readonly onShard: (shard: number, asksNext: boolean) => void;
  /** Called when one of a few watched subtasks is found to exist that did not exist before or was unknown. */
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

  /** Resolves when all watched subtasks are registered. */
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

  /**
   * Records news of what this process did. The end of a subtask is told even if a later look has already shown it, as the first that was read of the subtask.
   */
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

  /**
   * Records news that were read. The first news about a subtask cause no event. If a look shows a subtask as loading that is computed here, the look is older
   * and is ignored.
   */
  observed(hash: string, known: SubtaskNews, order: number): void {
    const watched = this.#byHash.get(hash);
    if (watched === undefined || order <= watched.order || (watched.isBegunHere && known.kind === "loading")) return;
    this.#learn(watched, known, order, watched.known !== undefined);
  }

  /**
   * Records what nodes of other processes told of their claims. If a subtask is done that was known to be absent or was unknown, it was created and completed
   * since then.
   */
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

  /** Records that a subtask is gone, but that nobody knows how it ended. Watchers hear nothing; a caller that asks for its state finds none. */
  forget(hash: string, order: number): void {
    const watched = this.#byHash.get(hash);
    if (watched === undefined || order <= watched.order) return;
    watched.order = order;
    watched.known = undefined;
  }

  /** Must be called for a new session: everything known may have changed meanwhile, and orders start again. */
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
