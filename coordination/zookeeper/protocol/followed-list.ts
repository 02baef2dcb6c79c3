/**
 * Follows the children of one znode with one watch. While looks are few and the list is short, each change is looked at immediately. Otherwise several changes
 * are looked at together, so that a long list is not read at each change. No change is missed for good, since each look reads the whole list.
 */

import type { Listing, Session } from "./session.ts";
import { unlessInDoubt } from "./zookeeper-error.ts";

/** A session, the lists that are followed on it, and what is done when it is lost or an action fails. */
export interface FollowingSession {
  readonly session: Session;
  /** Aborts when the session is lost. */
  readonly lost: AbortSignal;
  /** The lists that are followed. The owner of the session makes them look again after its connection was lost and restored. */
  readonly followed: Set<{ look(): Promise<void> }>;
  /** Called with an error of an action for which nobody waits. */
  readonly onError: (error: unknown) => void;
}

export interface FollowedListOptions {
  readonly zookeeper: FollowingSession;
  readonly path: string;
  /** Ends the following when it aborts. Without it, the list is followed until the session ends. */
  readonly stop?: AbortSignal;
  /** The credit that a look costs, as a multiple of its duration. By default `usualCost`; lists that are short and urgent have less. */
  readonly costFactor?: number;
  /** The least milliseconds from a change to the look at it; 0 by default. */
  readonly pause?: number;
  /** Called when the watch reports a change, before the list is read. */
  readonly onChange?: () => void;
  /** Starts a request before each request for the list, so that it is answered before the list is. */
  readonly alongside?: () => Promise<void>;
  /** A budget shared with other lists, which makes the looks at long lists take turns. */
  readonly budget?: NamesBudget;
  /** Called with each list that was read; undefined if the znode does not exist. */
  readonly onList: (listing: Listing | undefined) => void;
}

/**
 * Each look costs credit: a multiple of its duration, which grows with the list and with the load of the server, and one millisecond for each name of a long
 * list (less if the look costs less). Credit comes back with time. When it is used up, the next look waits.
 */
const usualCost = 20;
const fewNames = 20;
const mostCredit = 100;
/** The most that the duration of a look may cost, since a look may last long only because this process was busy with something else. */
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
  /** The number of names in the last list beyond `fewNames`. */
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

  /** Requests the list immediately. Resolves when a list was handled that was requested at the call or later. Never rejects. */
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
      // If the connection was lost, everything is looked at again, so errors in doubt need no report.
      unlessInDoubt(zookeeper.onError)(error);
    } finally {
      this.#looking = undefined;
    }
  }
}

const namesPerSecond = 30_000;

/**
 * Limits how many names of long lists a process reads per second, all its lists together. The looks take turns, so that every list is read, though later if the
 * lists are longer. A server that sends very long lists to everybody would have no time for claims.
 */
export class NamesBudget {
  /** In milliseconds on the clock of `performance.now()`. */
  #nextTurn = 0;

  /** The milliseconds until all looks requested so far have had their turn. */
  get backlog(): number {
    return Math.max(0, this.#nextTurn - performance.now());
  }

  /** Reserves a turn for a look at this many names; returns the milliseconds until it. */
  take(names: number): number {
    const now = performance.now();
    const turn = Math.max(now, this.#nextTurn);
    this.#nextTurn = turn + (1000 * names) / namesPerSecond;
    return turn - now;
  }
}
