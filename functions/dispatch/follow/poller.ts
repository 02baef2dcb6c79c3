/**
 * Looks again where news may have been missed: a second after the last change, then with pauses that double while nothing changes. Changes put a look off
 * for some seconds at most, and whoever begins to wait only brings it nearer. Looks take at most one part in `restAfterLook` of the time, and there are
 * never two at once.
 */
import { pauseAfter } from "../../../base/retry.ts";

export interface PollerOptions {
  /** Whether there is anything left that may change. */
  readonly isNeeded: () => boolean;
  /** Whether somebody waits for what a look may bring. */
  readonly isAwaited: () => boolean;
  readonly look: () => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly clock?: Clock;
}

export interface Clock {
  /** Milliseconds. */
  now(): number;
  /** Calls `action` once after so many milliseconds, unless the function that it gives is called before. */
  after(milliseconds: number, action: () => void): () => void;
}

/** Milliseconds. */
const firstPause = 1_000;
const longestAwaited = 5_000;
const longestOtherwise = 60_000;
const restAfterLook = 20;

const usualClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, action) {
    const timer = setTimeout(action, milliseconds);
    // On Node it would keep a process alive that has nothing else to do.
    (timer as Partial<{ unref(): void }>).unref?.();
    return () => clearTimeout(timer);
  },
};

export class Poller {
  readonly #options: PollerOptions;
  readonly #clock: Clock;
  /** Looks in a row that brought nothing, and one more. */
  #quiet = 1;
  /** When something changed first since the last look. */
  #changed: number | undefined;
  /** When the last look ended, and the earliest time for the next one. */
  #ended: number;
  #earliest: number;
  /** When to look next. */
  #due: number;
  /** `at` is when it goes off: never after `#due`. */
  #timer: { readonly at: number; readonly clear: () => void } | undefined;
  #isLooking = false;
  #isStopped = false;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? usualClock;
    this.#ended = this.#clock.now();
    this.#earliest = this.#ended;
    this.#due = this.#ended + firstPause;
  }

  /** Something changed. */
  changed(): void {
    this.#quiet = 1;
    this.#changed ??= this.#clock.now();
    this.#set(Math.min(this.#clock.now() + firstPause, this.#changed + longestAwaited));
  }

  /** Somebody begins to wait. */
  awaited(): void {
    this.#set(Math.min(this.#due, this.#ended + pauseAfter(this.#quiet, { first: firstPause, longest: longestAwaited })));
  }

  /** There is a reason to look at once. */
  now(): void {
    this.#earliest = 0;
    this.#set(0);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.clear();
  }

  #set(due: number): void {
    this.#due = Math.max(due, this.#earliest);
    if (this.#isLooking || this.#isStopped || !this.#options.isNeeded()) return;
    // A timer that goes off too early sees that: there may be thousands of changes a second, and each puts the look off.
    if (this.#timer && this.#timer.at <= this.#due) return;
    this.#timer?.clear();
    const clear = this.#clock.after(Math.max(0, this.#due - this.#clock.now()), () => {
      this.#timer = undefined;
      if (this.#due > this.#clock.now()) this.#set(this.#due);
      else void this.#look();
    });
    this.#timer = { at: this.#due, clear };
  }

  async #look(): Promise<void> {
    const { isNeeded, isAwaited, look, onError } = this.#options;
    if (!isNeeded()) return;
    const begun = this.#clock.now();
    // What changes while the look lasts is newer than what it finds.
    this.#quiet++;
    this.#changed = undefined;
    this.#due = Number.POSITIVE_INFINITY;
    this.#isLooking = true;
    await look().catch(onError);
    this.#isLooking = false;
    this.#ended = this.#clock.now();
    const isUrgent = this.#due === 0;
    this.#earliest = isUrgent ? 0 : this.#ended + restAfterLook * (this.#ended - begun);
    const longest = isAwaited() ? longestAwaited : longestOtherwise;
    this.#set(isUrgent ? 0 : this.#ended + pauseAfter(this.#quiet, { first: firstPause, longest }));
  }
}
