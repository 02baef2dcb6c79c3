/**
 * Follows the children of one znode by one watch. A change is looked at at once where looks are few and the list is short, and otherwise together
 * with those that follow it: a long list is never read at each change. What a look misses the next one has, for each reads the whole list.
 */

import type { Listing, Session } from "./session.ts";
import { unlessInDoubt } from "./zookeeper-error.ts";

/** A session, as what follows lists on it needs it. */
export interface FollowingSession {
  readonly session: Session;
  /** Aborts when the session is lost. */
  readonly lost: AbortSignal;
  /** Lists that are followed: whoever owns the session has them look again when its connection was lost and found. */
  readonly followed: Set<{ look(): Promise<void> }>;
  /** Something failed that nobody waits for. */
  readonly onError: (error: unknown) => void;
}

export interface FollowedListOptions {
  readonly zookeeper: FollowingSession;
  readonly path: string;
  /** The list is followed no longer than that, if not until the session ends. */
  readonly stop?: AbortSignal;
  /** How many times its duration a look costs, where not `usualCost`: less for what is few and urgent. */
  readonly costFactor?: number;
  /** Milliseconds that it waits at least from a change to the look at it; none where absent. */
  readonly pause?: number;
  /** A watch told of a change. */
  readonly onChange?: () => void;
  /** Asks for something together with each list, whose answer comes before the list's. */
  readonly alongside?: () => Promise<void>;
  /** Shared with other lists: changes of a long list are looked at in turn. */
  readonly budget?: NamesBudget;
  /** Undefined when the znode is gone. */
  readonly onList: (listing: Listing | undefined) => void;
}

/**
 * Each look takes credit: so many times its duration, which grows with the list and with how busy the server is, and a millisecond for each name of a
 * long list (less where the look costs less). Time gives it back. Where it is used up, the next look waits.
 */
const usualCost = 20;
const fewNames = 20;
const mostCredit = 100;
/** A look at a short list costs no more, however long it took: this process may have been busy with something else. */
const mostCost = 60;
const longestPause = 1_000;

export class FollowedList {
  readonly #options: FollowedListOptions;
  readonly #watcher: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> | undefined;
  #isStale = false;
  #looked = performance.now();
  #credit = mostCredit;
  /** In the last list, beyond a few. */
  #names = 0;

  constructor(options: FollowedListOptions) {
    this.#options = options;
    const { zookeeper, stop, onChange } = options;
    this.#watcher = () => {
      onChange?.();
      this.#lookSoon();
    };
    zookeeper.followed.add(this);
    const end = () => {
      zookeeper.followed.delete(this);
      clearTimeout(this.#timer);
    };
    for (const signal of [zookeeper.lost, stop]) signal?.addEventListener("abort", end, { once: true });
  }

  get #isEnded(): boolean {
    const { zookeeper, stop } = this.#options;
    return zookeeper.lost.aborted || (stop?.aborted ?? false);
  }

  /** Asks for the list at once; resolves when one that was asked for by then was handled. Never rejects. */
  look(): Promise<void> {
    this.#isStale = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#looking ??= this.#lookAll();
    return this.#looking;
  }

  #lookSoon(): void {
    if (this.#timer !== undefined) return;
    const pause = Math.max(this.#options.pause ?? 0, -this.#credit - (performance.now() - this.#looked));
    const turn = this.#names > 0 ? (this.#options.budget?.take(this.#names) ?? 0) : 0;
    if (pause <= 0 && turn <= 0) void this.look();
    else this.#timer = setTimeout(() => void this.look(), Math.max(pause, turn));
  }

  async #lookAll(): Promise<void> {
    const { zookeeper, path, alongside, onList, costFactor = usualCost } = this.#options;
    try {
      while (this.#isStale && !this.#isEnded) {
        this.#isStale = false;
        const start = performance.now();
        this.#credit = Math.min(mostCredit, this.#credit + start - this.#looked);
        this.#looked = start;
        const beside = alongside?.();
        const [listing] = await Promise.all([zookeeper.session.list(path, this.#watcher), beside]);
        this.#names = Math.max(0, (listing?.children.length ?? 0) - fewNames);
        const cost = Math.min(mostCost, (performance.now() - start) * costFactor) + this.#names * (costFactor / usualCost);
        this.#credit = Math.max(-longestPause, this.#credit - cost);
        if (!this.#isEnded) onList(listing);
      }
    } catch (error) {
      // After a lost connection everything is looked at again.
      unlessInDoubt(zookeeper.onError)(error);
    } finally {
      this.#looking = undefined;
    }
  }
}

const namesPerSecond = 30_000;

/**
 * How many names a process reads in a second to see what changed in long lists, all of them together: each look takes its turn, so that every list
 * comes by, the later the longer they are. A server that lists very much for everybody has no time for claims.
 */
export class NamesBudget {
  /** Milliseconds on the clock of `performance.now()`. */
  #nextTurn = 0;

  /** Milliseconds until all looks so far had their turn. */
  get backlog(): number {
    return Math.max(0, this.#nextTurn - performance.now());
  }

  /** Milliseconds until the turn of a look at so many names. */
  take(names: number): number {
    const now = performance.now();
    const turn = Math.max(now, this.#nextTurn);
    this.#nextTurn = turn + (1000 * names) / namesPerSecond;
    return turn - now;
  }
}
